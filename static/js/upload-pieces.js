// Photos and files of a form marked data-uploads-url travel in pieces as soon as they are chosen, and go on where a weak line broke off.
// What did not arrive stays in its input and is sent with the form, as without this script. Words come from the page.
(() => {
  "use strict";
  const SMALLEST = 32 * 1024;
  const LARGEST = 1024 * 1024;
  const QUICK = 1500;
  const TRIES = 12;
  const LONGEST_WAIT = 30000;
  const running = new Set();
  const finished = new Set(); // kept by the server, and not yet on a page that it made

  function words(form) {
    const place = form.querySelector("[data-upload-words]");
    return place ? place.dataset : {};
  }

  // The same file for the same field is found again on the server, also after the page was opened anew.
  function tokenOf(form, field, file) {
    let hash = 5381;
    for (const letter of [form.dataset.uploadsUrl, field, file.name, file.lastModified].join("|")) {
      hash = (hash * 33 + letter.codePointAt(0)) >>> 0;
    }
    return "f-" + file.size + "-" + hash.toString(36);
  }

  function pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = window.setTimeout(done, milliseconds);
      function done() {
        window.clearTimeout(timer);
        window.removeEventListener("online", done);
        resolve();
      }
      window.addEventListener("online", done);
    });
  }

  class Refused extends Error {}

  async function ask(job, url, options) {
    const answer = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      redirect: "error",
      signal: job.flight.signal,
      ...options,
      headers: { "X-CSRFToken": job.form.elements.csrf_token.value, ...options.headers },
    });
    if (answer.status === 409) return { status: 409, ...(await answer.json().catch(() => ({}))) };
    if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
    if (!answer.ok) throw new Refused((await answer.json().catch(() => ({}))).message || "");
    return { status: answer.status, ...(await answer.json()) };
  }

  // Try until it works; a line that is away for long ends the attempt.
  async function steadily(job, action) {
    for (let tried = 0; ; tried += 1) {
      try {
        const result = await action();
        job.say("sending");
        return result;
      } catch (error) {
        if (error instanceof Refused || job.flight.signal.aborted || tried >= TRIES) throw error;
        job.say("waiting");
        job.piece = Math.max(SMALLEST, job.piece / 2);
        await pause(Math.min(LONGEST_WAIT, 500 * 2 ** tried));
      }
    }
  }

  function fieldsOf(values) {
    const body = new FormData();
    Object.entries(values).forEach(([name, value]) => body.append(name, value));
    return { body };
  }

  async function send(job) {
    const { file, form, name } = job;
    const details = fieldsOf({ token: tokenOf(form, name, file), name: file.name, size: file.size, field: name });
    const begun = await steadily(job, async () => {
      const answer = await ask(job, form.dataset.uploadsUrl, details);
      if (!answer.pieces) throw new Error("busy"); // the draft was begun by another request at the same moment
      return answer;
    });
    const version = form.elements.version;
    if (version && version.value === "0" && begun.version) version.value = begun.version;
    let received = begun.received;
    for (;;) {
      while (received < file.size) {
        job.show(received);
        const piece = file.slice(received, received + job.piece);
        const from = received;
        const at = Date.now();
        const answer = await steadily(job, () =>
          ask(job, begun.pieces + "?offset=" + from, { body: piece, headers: { "Content-Type": "application/octet-stream" } }),
        );
        received = answer.received;
        if (answer.status !== 409 && Date.now() - at < QUICK) job.piece = Math.min(LARGEST, job.piece * 2);
      }
      job.show(received);
      const kept = await steadily(job, () => ask(job, begun.finish, fieldsOf({ field: name })));
      if (kept.status !== 409) return kept;
      received = kept.received;
    }
  }

  function keep(job, kept) {
    const { form, line, name } = job;
    const named = document.createElement("input");
    named.type = "hidden";
    named.name = name + ":kept";
    named.value = kept.file;
    const link = document.createElement("a");
    link.href = kept.url;
    if (kept.thumbnail) {
      const picture = document.createElement("img");
      picture.src = kept.thumbnail;
      picture.alt = kept.name;
      picture.width = 112;
      picture.height = 112;
      link.append(picture);
    } else {
      link.textContent = kept.name;
    }
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.name = name + "-remove";
    box.value = kept.file;
    label.append(box, " " + (words(form).remove || ""));
    line.className = kept.thumbnail ? "photo uploads__done" : "uploads__done";
    line.replaceChildren(link, label, named);
    job.kept = kept.file;
    finished.add(job);
    show(job);
    const input = inputOf(job);
    if (!input) return;
    const rest = new DataTransfer();
    Array.from(input.files).filter((each) => each !== job.file).forEach((each) => rest.items.add(each));
    input.files = rest.files;
    input.removeAttribute("required");
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // The questions are made anew after an answer: the line of a file is put back where its input stands now.
  function inputOf(job) {
    return Array.from(job.form.querySelectorAll('input[type="file"]')).find((input) => input.name === job.name);
  }

  function show(job) {
    const input = inputOf(job);
    if (!input || job.line.isConnected) return;
    let list = input.parentElement.querySelector("ul.uploads");
    if (!list) {
      list = document.createElement("ul");
      list.className = "uploads photos";
      input.before(list);
    }
    list.append(job.line);
  }

  function isShown(job) {
    return Array.from(job.form.querySelectorAll('input[type="hidden"]')).some(
      (each) => each.name === job.name + ":kept" && each.value === job.kept,
    );
  }

  function putBack() {
    running.forEach(show);
    finished.forEach((job) => (isShown(job) || !job.form.isConnected ? finished.delete(job) : show(job)));
  }

  function lineFor(file) {
    const line = document.createElement("li");
    line.className = "uploads__line";
    const name = document.createElement("span");
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = file.size;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    const state = document.createElement("span");
    state.className = "uploads__state";
    state.setAttribute("role", "status");
    line.append(name, bar, state);
    return { line, bar, state };
  }

  async function begin(form, input, file) {
    const { line, bar, state } = lineFor(file);
    const job = {
      form,
      name: input.name,
      file,
      line,
      piece: 128 * 1024,
      flight: new AbortController(),
      show: (received) => (bar.value = received),
      say: (word) => (state.textContent = words(form)[word] || ""),
    };
    running.add(job);
    show(job);
    job.say("sending");
    try {
      keep(job, await send(job));
    } catch (error) {
      state.textContent = error instanceof Refused && error.message ? error.message : words(form).failed || "";
      line.classList.add("uploads__line--failed");
      bar.remove();
    } finally {
      running.delete(job);
    }
  }

  function room(input, form) {
    const kept = form.querySelectorAll('input[type="hidden"][name="' + window.CSS.escape(input.name) + '\\:kept"]').length;
    return Number(input.dataset.uploadPieces || 1) - kept;
  }

  async function take(input) {
    const form = input.form;
    if (!form || !form.dataset.uploadsUrl || !window.AbortController || !window.DataTransfer) return;
    const files = Array.from(input.files);
    if (files.length > room(input, form)) return; // the server says so beside the field
    input.parentElement.querySelectorAll(".uploads__line--failed").forEach((line) => line.remove());
    for (const file of files) await begin(form, input, file);
  }

  document.addEventListener("files-ready", (event) => {
    if (event.target.matches('input[type="file"][data-upload-pieces]')) take(event.target);
  });
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.matches('input[type="file"][data-upload-pieces]:not([data-shrink-photo])')) take(input);
  });
  // A look at the questions after an answer takes no files along.
  document.addEventListener("htmx:config:request", (event) => {
    const { sourceElement, request } = event.detail.ctx;
    if (!sourceElement || sourceElement.id !== "questions" || !(request.body instanceof FormData)) return;
    Array.from(request.body.entries()).forEach(([name, value]) => value instanceof File && request.body.delete(name));
  });
  document.addEventListener("htmx:after:swap", putBack);
  // The form goes with what has not arrived yet; nothing is sent twice at the same time.
  document.addEventListener("submit", (event) => {
    running.forEach((job) => job.form === event.target && job.flight.abort());
  });
})();
