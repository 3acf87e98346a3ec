// Forms that save themselves: warn before leaving with unsaved work. Those marked data-draft-key keep what was typed on this device
// until the server says that it has it: a draft knows the send_token of its form, and the page that answers a form names it
// (meta carried-out). A form without this script loses nothing but this comfort. Words on the screen come from the page, never from here.
(() => {
  "use strict";
  const PREFIX = "draft:";
  const KEEP_FOR = 7 * 24 * 3600 * 1000;
  const LEFT_OUT = ["hidden", "password", "file", "submit", "button"];
  const dirty = new Set();
  const watched = new WeakSet();

  const store = {
    read(key) {
      try {
        const kept = JSON.parse(window.localStorage.getItem(PREFIX + key));
        return kept && Date.now() - kept.at < KEEP_FOR ? kept : null;
      } catch (error) {
        return null;
      }
    },
    write(key, values, token) {
      try {
        window.localStorage.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), values, token }));
      } catch (error) {
        // Private mode or a full disk: the form still works.
      }
    },
    remove(key) {
      try {
        window.localStorage.removeItem(PREFIX + key);
      } catch (error) {
        // As above.
      }
    },
    keys() {
      try {
        return Object.keys(window.localStorage)
          .filter((key) => key.startsWith(PREFIX))
          .map((key) => key.slice(PREFIX.length));
      } catch (error) {
        return [];
      }
    },
  };

  function controls(form) {
    return Array.from(form.elements).filter((control) => control.name && !LEFT_OUT.includes(control.type));
  }

  function isTicked(control) {
    return control.type === "checkbox" || control.type === "radio";
  }

  function valuesOf(form) {
    return controls(form).map((control) => [control.name, isTicked(control) ? [control.value, control.checked] : control.value]);
  }

  function restore(form, values) {
    const waiting = values.slice();
    controls(form).forEach((control) => {
      const index = waiting.findIndex(
        ([name, value]) => name === control.name && (!isTicked(control) || (Array.isArray(value) && value[0] === control.value)),
      );
      if (index < 0) return;
      const [, value] = waiting.splice(index, 1)[0];
      const before = isTicked(control) ? control.checked : control.value;
      if (isTicked(control)) control.checked = value[1];
      else if (!control.readOnly) control.value = value;
      if ((isTicked(control) ? control.checked : control.value) !== before) {
        control.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }

  function offer(form, key, values) {
    const note = form.querySelector("[data-draft-note]");
    if (!note) return;
    note.hidden = false;
    note.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-draft-choice]");
      if (!choice) return;
      if (choice.dataset.draftChoice === "restore") {
        restore(form, values);
        form.dispatchEvent(new Event("input", { bubbles: true }));
      } else {
        store.remove(key);
      }
      note.hidden = true;
    });
  }

  function watch(form) {
    const key = form.dataset.draftKey;
    const kept = key && store.read(key);
    if (kept && JSON.stringify(kept.values) !== JSON.stringify(valuesOf(form))) offer(form, key, kept.values);
    else if (kept) store.remove(key);

    let timer = 0;
    function keep() {
      window.clearTimeout(timer);
      if (key && dirty.has(form)) store.write(key, valuesOf(form), (form.elements.send_token || {}).value);
    }
    form.addEventListener("input", () => {
      dirty.add(form);
      window.clearTimeout(timer);
      timer = window.setTimeout(keep, 400);
    });
    window.addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", keep);
    form.addEventListener("autosaved", () => {
      dirty.delete(form);
      window.clearTimeout(timer);
      if (key) store.remove(key);
    });
    form.addEventListener("submit", (event) => {
      dirty.add(form);
      keep();
      if (!event.defaultPrevented) dirty.delete(form);
    });
  }

  function forgetWhatWasSent() {
    const sent = document.querySelector('meta[name="carried-out"]');
    if (sent) store.keys().forEach((key) => (store.read(key) || {}).token === sent.content && store.remove(key));
  }

  function formsOnPage() {
    return Array.from(document.querySelectorAll("form[data-draft-key], form[data-autosave-url], form[data-grid]"));
  }

  function watchNewForms() {
    formsOnPage()
      .filter((form) => !watched.has(form))
      .forEach((form) => {
        watched.add(form);
        watch(form);
      });
  }

  forgetWhatWasSent();
  watchNewForms();
  document.addEventListener("htmx:after:swap", watchNewForms);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-clears-drafts]")) return;
    const isSure = !store.keys().length || window.confirm(form.dataset.textDrafts);
    if (isSure) store.keys().forEach((key) => store.remove(key));
    else event.preventDefault();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!Array.from(dirty).some((form) => form.isConnected)) return;
    event.preventDefault();
    event.returnValue = "";
  });
})();
