// Filling many units in one table (form marked data-grid): moving between cells, pasting a block copied from a
// spreadsheet and undoing that, sums while typing, saving by itself. Without this script the table is an ordinary form.
(() => {
  "use strict";
  const SCALE = 12;
  const HEADS = 4; // rows at most above the figures of a pasted block

  function fill(text, values) {
    return Object.entries(values).reduce((filled, [name, value]) => filled.replace("{" + name + "}", String(value)), text || "");
  }

  const isFilled = (row) => row.some((each) => (each || "").trim());
  const plain = (text) => (text || "").normalize("NFKC").replace(/\s+/g, "").toLowerCase();

  // --- the block on the clipboard: cells between tabs, rows between line ends; cells that hold such signs themselves stand in quotes
  function readBlock(text) {
    const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
    const quoted = /"((?:[^"]|"")*)"(?=[\t\n]|$)/y;
    const bare = /[^\t\n]*/y;
    const rows = [[]];
    for (let place = 0; ; place += 1) {
      quoted.lastIndex = bare.lastIndex = place;
      const match = quoted.exec(source);
      const isQuoted = match && /[\t\n"]/.test(match[1]);
      rows[rows.length - 1].push(isQuoted ? match[1].replace(/""/g, '"') : bare.exec(source)[0]);
      place = isQuoted ? quoted.lastIndex : bare.lastIndex;
      if (place >= source.length) return rows;
      if (source[place] === "\n") rows.push([]);
    }
  }

  // The same as the spreadsheet drew it: some put line ends into a cell without quotes, and only the drawing tells the rows apart.
  function readTable(html) {
    const table = new DOMParser().parseFromString(html, "text/html").querySelector("table");
    if (!table) return null;
    table.querySelectorAll("br").forEach((each) => each.replaceWith("\u0001"));
    const rows = Array.from(table.rows, () => []);
    Array.from(table.rows).forEach((row, down) =>
      Array.from(row.cells).forEach((cell) => {
        let across = 0;
        while (rows[down][across] !== undefined) across += 1;
        const text = cell.textContent.replace(/\s+/g, " ").replace(/ ?\u0001 ?/g, "\n").trim();
        for (let below = 0; below < cell.rowSpan && rows[down + below]; below += 1) {
          for (let beside = 0; beside < cell.colSpan; beside += 1) rows[down + below][across + beside] = below || beside ? "" : text;
        }
      }),
    );
    return rows;
  }

  function blockOn(clipboard) {
    const block = readBlock(clipboard.getData("text/plain"));
    const table = readTable(clipboard.getData("text/html"));
    return table && table.length && table.length !== block.length ? table : block;
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
      const isChoice = control.tagName === "SELECT"; // up and down choose
      if (event.key === "ArrowDown") return isChoice && !event.ctrlKey ? null : [1, 0];
      if (event.key === "ArrowUp") return isChoice && !event.ctrlKey ? null : [-1, 0];
      if (isChoice && event.key === "ArrowLeft") return [0, -1];
      if (isChoice && event.key === "ArrowRight") return [0, 1];
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
      const wanted = [plain(text), plain(text).replace(/\([^()]*\)$/, "")].filter(Boolean); // without the measure in brackets
      return heads.findIndex((head) => [head.dataset.label, head.dataset.label.split("·").pop()].some((label) => wanted.includes(plain(label))));
    }

    function columnsOf(row) {
      const found = row.map(headOf);
      const named = found.filter((place) => place >= 0).length;
      return named > 0 && named * 2 >= row.filter((cell) => cell.trim()).length - 1 ? found : null;
    }

    // Above the heads there may be a title and names of groups.
    function headedBy(block) {
      for (let place = 0; place < Math.min(block.length - 1, HEADS); place += 1) {
        const columns = columnsOf(block[place]);
        if (columns) return { columns, body: block.slice(place + 1) };
      }
      return { columns: null, body: block };
    }

    function unitColumn(block) {
      const wide = Math.max(...block.map((row) => row.length));
      for (let column = 0; column < wide; column += 1) {
        if (block.filter((row) => units.has(plain(row[column]))).length * 2 >= block.filter(isFilled).length) return column;
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

    // What was copied from one cell goes where the cursor stands.
    function insert(control, text) {
      const shown = control.tagName === "TEXTAREA" ? text : text.replace(/\n+/g, " ");
      control.setRangeText(shown, control.selectionStart, control.selectionEnd, "end");
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function pasteBlock(block, place) {
      const { columns: heading, body } = headedBy(block);
      const named = unitColumn(body);
      const told = { rows: 0, cells: 0, outside: 0, choice: 0, unknown: [] };
      undo = [];
      body.forEach((texts, number) => {
        const at = named >= 0 ? units.get(plain(texts[named])) : place.row + number;
        if (named >= 0 && !isFilled(texts)) return undefined;
        if (named >= 0 && at === undefined) return told.unknown.push(texts[named].trim() || "—");
        told.rows += 1;
        let across = place.column;
        texts.forEach((text, from) => {
          if (from === named) return;
          const column = heading ? heading[from] : across;
          across += 1;
          const control = column >= 0 && cells[at] ? cells[at][column] : null;
          if (!control) return void (told.outside += (heading && column < 0) || !text.trim() ? 0 : 1);
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
      if (!place || !text) return;
      const block = blockOn(event.clipboardData);
      const isSingle = block.length === 1 && block[0].length === 1;
      if (isSingle && block[0][0] === text && event.target.tagName !== "SELECT") return;
      event.preventDefault();
      if (isSingle && event.target.tagName !== "SELECT") insert(event.target, block[0][0]);
      else pasteBlock(block, place);
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
    function bodyOf(sent) {
      const body = new URLSearchParams({ send_token: form.elements.send_token.value });
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

    async function send(isFarewell) {
      const sent = Array.from(dirty);
      dirty.clear();
      const { state, answer } = await window.formPost(form.dataset.gridUrl, bodyOf(sent), isFarewell);
      if (state !== "ok") sent.forEach((row) => dirty.add(row));
      return { state, answer };
    }

    async function taken(answer) {
      const told = (await answer.json()).rows;
      rows.forEach((row) => told[row.dataset.unit] && show(row, told[row.dataset.unit]));
      return Object.values(told).some((each) => each.conflict) ? "conflict" : "saved";
    }

    form.addEventListener("input", (event) => {
      const place = placeOf(event.target);
      if (!place) return;
      dirty.add(rows[place.row]);
      addUp(place.column);
    });
    window.savesItself(form, { send, taken });
  }

  const form = document.querySelector("form[data-grid]");
  if (form) start(form);
})();
