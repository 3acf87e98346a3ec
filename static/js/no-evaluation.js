// htmx may compile text from attributes. The content policy forbids it; this makes sure even where the policy is missing.
(() => {
  "use strict";
  if (!window.htmx) return;

  function refuse() {
    throw new Error("evaluation is switched off");
  }

  window.htmx.registerExtension("no-evaluation", {
    init(api) {
      api.initSecurity(null, refuse, refuse);
    },
  });
})();
