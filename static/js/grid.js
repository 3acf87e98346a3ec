// Filling many units in one table (form marked data-grid): moving between cells, pasting a block copied from a
// spreadsheet and undoing that, sums while typing, saving by itself. Without this script the table is an ordinary form.
(() => {
  "use strict";
  const WAIT = 3000;
  const RETRY = 15000;
  const SCALE = 12;

  function fill(text, values) {
    return Object.entries(values).reduce((filled, [name, value]) => filled.replace("{" + name + "}", String(value)), text || "");
  }

  const plain = (text) => (text || "").normalize("NFKC").replace(/\s+/g, "").toLowerCase();

  // --- the block on the clipboard: cells between tabs, rows between line ends, quotes around cells with line ends
  function readBlock(text) {
    const rows = [[]];
    let cell = "";
    let quoted = false;
    const close = () => {
      rows[rows.length - 1].push(cell);
      cell = "";
    };
    const source = text.replace(/\r\n?/g, "\n");
    for (let place = 0; place < source.length; place += 1) {
      const sign = source[place];
      if (quoted && sign === '"' && source[place + 1] === '"') {
        cell += '"';
        place += 1;
      } else if (quoted && sign === '"') quoted = false;
      else if (!quoted && sign === '"' && cell === "") quoted = true;
      else if (!quoted && sign === "\t") close();
      else if (!quoted && sign === "\n") {
        close();
        rows.push([]);
      } else cell += sign;
    }
    close();
    return rows.filter((row) => row.some((each) => each.trim() !== ""));
  }

  // --- exact sums: figures as whole numbers of 12 decimals
  function exact(text) {
    const figure = text.normalize("NFKC").trim().replace(/,/g, "");
    const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(figure);
    if (!match || (!match[2] && !match[3])) return null;
    const size = BigInt((match[2] || "0") + (match[3] || "").padEnd(SCALE, "0").slice(0, SCALE));
    return match[1] === "-" ? -size : size;
  }

  function shown(sum) {
    const digits = (sum < 0n ? -sum : sum).toString().padStart(SCALE + 1, "0");
    const decimals = digits.slice(-SCALE).replace(/0+$/, "");
    return (sum < 0n ? "-" : "") + digits.slice(0, -SCALE) + (decimals ? "." + decimals : "");
  }

  function start(form) {
    const rows = Array.from(form.querySelectorAll("tbody tr"));
    const heads = Array.from(form.querySelectorAll("thead th[data-label]"));
    const cells = rows.map((row) => Array.from(row.querySelectorAll("td"), (cell) => cell.querySelector("input, select, textarea")));
    const paste = form.querySelector("[data-grid-paste]");
    const dirty = new Set();
    let undo = [];

    function placeOf(control) {
      const row = rows.indexOf(control.closest("tr"));
      return row < 0 ? null : { row, column: cells[row].indexOf(control) };
    }

    // --- moving
    function go(row, column, down, right) {
      let [at, across] = [row + down, column + right];
      while (cells[at] && across >= 0 && across < cells[at].length) {
        if (cells[at][across]) {
          cells[at][across].focus();
          if (cells[at][across].select) cells[at][across].select();
          return true;
        }
        [at, across] = [at + down, across + right];
      }
      return false;
    }

    function step(event) {
      const control = event.target;
      const place = placeOf(control);
      if (!place || event.isComposing || event.altKey) return null;
      if (event.key === "Enter" && control.tagName !== "TEXTAREA") return [event.shiftKey ? -1 : 1, 0];
      if (control.tagName === "SELECT" && !event.ctrlKey) return null;
      if (event.key === "ArrowDown") return [1, 0];
      if (event.key === "ArrowUp") return [-1, 0];
      const all = control.selectionStart === 0 && control.selectionEnd === (control.value || "").length;
      if (event.key === "ArrowLeft" && (all || control.selectionEnd === 0)) return [0, -1];
      if (event.key === "ArrowRight" && (all || control.selectionStart === (control.value || "").length)) return [0, 1];
      return null;
    }

    form.addEventListener("keydown", (event) => {
      const way = step(event);
      if (!way) return;
      const place = placeOf(event.target);
      if (go(place.row, place.column, way[0], way[1]) || event.key === "Enter") event.preventDefault();
    });

    // --- pasting
    const units = new Map();
    rows.forEach((row, place) => {
      [row.dataset.short, row.dataset.code, row.dataset.name].forEach((name) => name && units.set(plain(name), place));
    });

    function headOf(text) {
      const wanted = plain(text);
      return heads.findIndex((head) => wanted && [head.dataset.label, head.dataset.label.split("·").pop()].some((label) => plain(label) === wanted));
    }

    function columnsOf(block) {
      const found = block[0].map(headOf);
      const named = found.filter((place) => place >= 0).length;
      return block.length > 1 && named > 0 && named * 2 >= block[0].filter((cell) => cell.trim()).length - 1 ? found : null;
    }

    function unitColumn(block) {
      const wide = Math.max(...block.map((row) => row.length));
      for (let column = 0; column < wide; column += 1) {
        if (block.filter((row) => units.has(plain(row[column]))).length * 2 >= block.length) return column;
      }
      return -1;
    }

    function put(control, text) {
      if (control.tagName !== "SELECT") {
        control.value = control.tagName === "TEXTAREA" ? text : text.replace(/\n+/g, " ").trim();
        return true;
      }
      const wanted = plain(text);
      const option = Array.from(control.options).find((each) => plain(each.text) === wanted || plain(each.value) === wanted);
      if (option) control.value = option.value;
      return Boolean(option);
    }

    function pasteBlock(block, place) {
      const heading = columnsOf(block);
      const body = heading ? block.slice(1) : block;
      const named = unitColumn(body);
      const told = { rows: 0, cells: 0, outside: 0, choice: 0, unknown: [] };
      undo = [];
      body.forEach((texts, number) => {
        const at = named >= 0 ? units.get(plain(texts[named])) : place.row + number;
        if (named >= 0 && at === undefined) return told.unknown.push(texts[named].trim() || "—");
        told.rows += 1;
        let across = place.column;
        texts.forEach((text, from) => {
          if (from === named) return;
          const column = heading ? heading[from] : across;
          across += 1;
          const control = column >= 0 && cells[at] ? cells[at][column] : null;
          if (!control) return void (told.outside += heading && column < 0 ? 0 : 1);
          const before = control.value;
          if (!put(control, text)) return void (told.choice += 1);
          undo.push([control, before]);
          told.cells += 1;
          control.classList.add("is-pasted");
          control.dispatchEvent(new Event("input", { bubbles: true }));
        });
        return undefined;
      });
      say(told, named >= 0);
    }

    function say(told, byName) {
      const words = paste.dataset;
      const parts = [fill(words.textPasted, told), byName ? words.textByName : words.textByPlace];
      if (told.unknown.length) parts.push(fill(words.textUnknown, { names: told.unknown.slice(0, 10).join("、") }));
      if (told.outside) parts.push(fill(words.textOutside, { cells: told.outside }));
      if (told.choice) parts.push(fill(words.textChoice, { cells: told.choice }));
      paste.hidden = false;
      paste.querySelector("[data-grid-paste-text]").textContent = parts.join("");
      paste.querySelector("[data-grid-undo]").hidden = !undo.length;
    }

    form.addEventListener("paste", (event) => {
      const place = placeOf(event.target);
      const text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
      const block = readBlock(text);
      const isSingle = block.length < 2 && (block[0] || []).length < 2;
      if (!place || !block.length || (isSingle && event.target.tagName !== "SELECT")) return;
      event.preventDefault();
      pasteBlock(block, place);
    });

    form.querySelector("[data-grid-undo]").addEventListener("click", (event) => {
      undo.reverse().forEach(([control, before]) => {
        control.value = before;
        control.classList.remove("is-pasted");
        control.dispatchEvent(new Event("input", { bubbles: true }));
      });
      undo = [];
      event.currentTarget.hidden = true;
      paste.querySelector("[data-grid-paste-text]").textContent = paste.dataset.textUndone;
    });

    // --- sums
    function addUp(column) {
      const foot = form.querySelectorAll("tfoot td")[column];
      if (!heads[column].hasAttribute("data-added") || !foot) return;
      const texts = rows.map((row, at) => (cells[at][column] ? cells[at][column].value : row.querySelectorAll("td")[column].textContent));
      const figures = texts.map(exact).filter((figure) => figure !== null);
      foot.querySelector("[data-total]").textContent = figures.length ? shown(figures.reduce((sum, each) => sum + each, 0n)) : "—";
      foot.querySelector("[data-total-count]").textContent = String(figures.length);
    }

    // --- saving by itself: only the rows that were changed
    let timer = 0;
    let flying = false;
    let stopped = false;

    function later(wait) {
      window.clearTimeout(timer);
      if (!stopped) timer = window.setTimeout(save, wait);
    }

    function report(state) {
      const place = form.querySelector("[data-autosave-status]");
      if (!place) return;
      const text = place.dataset["text" + state[0].toUpperCase() + state.slice(1)] || "";
      place.textContent = state === "saved" ? text + " " + new Date().toTimeString().slice(0, 5) : text;
    }

    function bodyOf(sent) {
      const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
      sent.forEach((row) => row.querySelectorAll("input, select, textarea").forEach((each) => each.name && body.append(each.name, each.value)));
      return body;
    }

    function mark(cell, control, text) {
      let place = cell.querySelector(".field__error");
      if (!place && text) {
        place = document.createElement("p");
        place.className = "field__error";
        place.id = "error-" + control.name.replace(/[^\w-]/g, "-");
        cell.append(place);
      }
      if (place && text) place.textContent = text;
      if (place && !text) place.remove();
      if (text) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      if (text) control.setAttribute("aria-describedby", place.id);
      else control.removeAttribute("aria-describedby");
    }

    function show(row, told) {
      const version = row.querySelector('input[name^="version-"]');
      if (version && !told.conflict) version.value = told.version;
      if (told.kept && row.dataset.state === "open") {
        row.dataset.state = "draft";
        row.querySelector(".grid__state").replaceChildren(form.querySelector("[data-grid-draft]").content.cloneNode(true));
      }
      let wrong = Boolean(told.conflict);
      row.querySelectorAll("td").forEach((cell) => {
        const control = cell.querySelector("input, select, textarea");
        const text = told.errors[cell.dataset.path] || "";
        wrong = wrong || Boolean(text);
        if (control) mark(cell, control, text);
      });
      const conflict = row.querySelector("[data-row-error]");
      conflict.textContent = told.conflict;
      conflict.hidden = !told.conflict;
      row.classList.toggle("grid__row--wrong", wrong);
    }

    async function save() {
      if (!form.isConnected || !dirty.size) return;
      if (flying) return void later(WAIT);
      const sent = Array.from(dirty);
      dirty.clear();
      flying = true;
      report("saving");
      try {
        const answer = await fetch(form.dataset.gridUrl, {
          method: "POST",
          body: bodyOf(sent),
          credentials: "same-origin",
          headers: { "X-Autosave": "true" },
          redirect: "error",
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const told = (await answer.json()).rows;
        sent.forEach((row) => told[row.dataset.unit] && show(row, told[row.dataset.unit]));
        report(sent.some((row) => (told[row.dataset.unit] || {}).conflict) ? "conflict" : "saved");
      } catch (error) {
        sent.forEach((row) => dirty.add(row));
        report("failed");
        later(RETRY);
      } finally {
        flying = false;
      }
    }

    form.addEventListener("input", (event) => {
      const place = placeOf(event.target);
      if (!place) return;
      dirty.add(rows[place.row]);
      addUp(place.column);
      later(WAIT);
    });
    form.addEventListener("submit", () => {
      stopped = true;
      dirty.clear();
      window.clearTimeout(timer);
    });
    window.addEventListener("beforeunload", (event) => {
      if (dirty.size) event.preventDefault();
    });
  }

  const form = document.querySelector("form[data-grid]");
  if (form) start(form);
})();
