"use strict";
(() => {
  const form = document.querySelector("form"), said = document.getElementById("said"), lead = document.getElementById("lead");
  const other = document.getElementById("passkey"), words = JSON.parse(form.dataset.words), secret = location.hash.slice(1);
  const say = (text) => { said.querySelector("span").textContent = text; said.hidden = !text; };
  const ask = async (asked) => {
    const answer = await fetch("invitation", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ secret, ...asked }),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail);
    return told;
  };
  const trying = (act) => async (event) => {
    event?.preventDefault();
    say("");
    try {
      const told = await act();
      if (told?.next) location.replace(told.next.slice(1) || "./");
    } catch (error) {
      say(error instanceof DOMException ? words.none : error instanceof TypeError ? words.away : error.message);
    }
  };
  const choosePassword = () => {
    if (form.password.value !== form.again.value) throw new Error(words.differ);
    return ask({ password: form.password.value });
  };
  const choosePasskey = async () => {
    const question = await ask({ passkey: "1" });
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(question.options);
    const made = await navigator.credentials.create({ publicKey });
    return ask({ ticket: question.ticket, answer: JSON.stringify(made.toJSON()) });
  };
  const begin = async () => {
    lead.textContent = "";
    const { name } = await ask({});
    lead.textContent = words.lead.replace("{name}", name);
    form.name.value = name;
    form.hidden = false;
    form.password.focus();
    other.hidden = !globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON || other.dataset.origin !== location.origin;
  };
  form.addEventListener("submit", trying(choosePassword));
  other.querySelector("button").addEventListener("click", trying(choosePasskey));
  if (secret) trying(begin)(); else { lead.textContent = ""; say(words.incomplete); }
})();
