"use strict";
(() => {
  const said = document.getElementById("said"), words = JSON.parse(said.dataset.words), secret = location.hash.slice(1);
  const enter = async () => {
    try {
      const answer = await fetch("kiosk", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ secret }) });
      const told = await answer.json();
      if (told.next) location.replace("kiosk/map" + location.hash);
      else { said.textContent = told.detail; if (answer.status === 429) setTimeout(enter, 60000); }
    } catch {
      said.textContent = words.away;
      setTimeout(enter, 5000);
    }
  };
  if (secret) enter(); else said.textContent = words.none;
})();
