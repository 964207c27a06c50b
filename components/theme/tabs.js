// Tabs: one stop of the keyboard, the arrows go through them. Those with an address of their own change it without leaving the page.
(() => {
  const tabOf = (event) => event.target.closest?.(".x-tab");
  const choose = (tab) => tab?.dispatchEvent(new CustomEvent("choose"));

  addEventListener("click", (event) => {
    const tab = tabOf(event);
    if (!tab?.href || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (tab.pathname !== location.pathname) history.pushState({}, "", tab.href);
    choose(tab);
  });
  addEventListener("popstate", () => {
    const tabs = [...document.querySelectorAll("a.x-tab")], tab = tabs.find((one) => one.pathname === location.pathname);
    if (tab) choose(tab);
    else if (tabs.length) location.reload(); // the same page by another address, as one with a uuid alone
  });
  addEventListener("keydown", (event) => {
    const tab = tabOf(event), step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!tab || !step) return;
    const tabs = [...tab.parentElement.querySelectorAll(".x-tab")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    event.preventDefault();
    next.focus();
    next.click();
  });
})();
