// What scripts post for a form on a weak line, in one place: window.formPost(url, body, isFarewell) tells what became of it.
// ok (with the answer) · conflict · refused · offline (nothing arrived) · signed-out. Tabs that sign out and in again are common:
// a form token that has become old is renewed once from the page's own address.
(() => {
  "use strict";
  const PATIENCE = 30000;
  const LARGEST_FAREWELL = 60000; // bytes that browsers send for a page that is closing

  function sizeOf(body) {
    return Array.from(body.entries()).reduce((size, [name, value]) => size + 200 + 3 * (name.length + value.length), 0);
  }

  function post(url, body, isFarewell) {
    const flight = new AbortController();
    const timer = window.setTimeout(() => flight.abort(), PATIENCE);
    const token = document.querySelector('input[name="csrf_token"]');
    if (token) body.set("csrf_token", token.value);
    return fetch(url, {
      method: "POST",
      body,
      credentials: "same-origin",
      headers: { "X-Autosave": "true" },
      redirect: "error",
      signal: flight.signal,
      keepalive: isFarewell && sizeOf(body) < LARGEST_FAREWELL,
    }).finally(() => window.clearTimeout(timer));
  }

  // Whether somebody is signed in; if so every form of the page has a token that counts.
  async function renewToken() {
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector('form[data-clears-drafts] input[name="csrf_token"]');
    if (token) document.querySelectorAll('input[name="csrf_token"]').forEach((each) => (each.value = token.value));
    return Boolean(token);
  }

  function stateOf(answer) {
    if (answer.ok) return "ok";
    if (answer.status === 401) return "signed-out";
    return answer.status === 409 ? "conflict" : "refused";
  }

  window.formPost = async (url, body, isFarewell) => {
    try {
      let answer = await post(url, body, isFarewell);
      if (answer.status === 400) {
        if (!(await renewToken())) return { state: "signed-out" };
        answer = await post(url, body, isFarewell);
      }
      return { state: stateOf(answer), answer };
    } catch (error) {
      return { state: "offline" };
    }
  };

  // What the bottom line of the form says, in the words of the page.
  window.formSays = (form, state) => {
    const place = form.querySelector("[data-autosave-status]");
    if (!place) return;
    const name = state === "offline" && !form.dataset.draftKey ? "unkept" : state;
    const text = place.dataset["text" + name.replace(/(^|-)(\w)/g, (_, dash, letter) => letter.toUpperCase())] || "";
    place.textContent = state === "saved" ? text + " " + new Date().toTimeString().slice(0, 5) : text;
    place.classList.toggle("form-fill__saved--held", !["saving", "saved"].includes(state));
    const link = form.querySelector("[data-sign-in]");
    if (link) link.hidden = state !== "signed-out";
  };
})();
