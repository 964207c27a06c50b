"use strict";
(() => {
  const box = document.getElementById("passkey"), said = document.getElementById("passkey-said"), words = JSON.parse(box.dataset.words);
  if (!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON || box.dataset.origin !== location.origin) return;
  const ask = async (asked) => {
    const answer = await fetch("login/passkey", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked) });
    return answer.json();
  };
  const enter = async () => {
    said.hidden = true;
    try {
      const question = await ask({});
      if (!question.options) throw new Error(question.detail);
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(question.options);
      const found = await navigator.credentials.get({ publicKey });
      const told = await ask({ ticket: question.ticket, answer: JSON.stringify(found.toJSON()), next: box.dataset.next });
      if (!told.next) throw new Error(told.detail);
      location.replace(told.next);
    } catch (error) {
      said.querySelector("span").textContent = error instanceof DOMException || error instanceof TypeError ? words.none : error.message;
      said.hidden = false;
    }
  };
  box.hidden = false;
  box.querySelector("button").addEventListener("click", enter);
})();
