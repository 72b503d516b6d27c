// The best sets as a table that sorts by any column.

(() => {
  const { count, chosen, columns } = DATA.top;
  const table = document.getElementById("sets");
  const order = columns.map((column) => unpack(column.order));
  const state = { sort: null, descending: false };

  // What is undefined stays last, whichever way is sorted; equal values stay in the order of rank.
  function arranged() {
    const rows = Array.from({ length: count }, (_, row) => row);
    if (state.sort === null) return state.descending ? rows.reverse() : rows;
    const keys = order[state.sort];
    const sign = state.descending ? -1 : 1;
    return rows.sort((a, b) => {
      const [left, right] = [keys[a], keys[b]];
      if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b;
      return left === right ? a - b : left < right ? -sign : sign;
    });
  }

  function head() {
    const line = document.createElement("tr");
    for (const place of [null, ...columns.keys()]) {
      const cell = document.createElement("th");
      const button = document.createElement("button");
      const mark = state.sort === place ? (state.descending ? " ↓" : " ↑") : "";
      button.type = "button";
      // A path may break after its parts, so that short values get narrow columns.
      button.textContent = (place === null ? "#" : columns[place].label.replace(/([._])/g, "$1\u200b")) + mark;
      cell.scope = "col";
      cell.className = "number";
      cell.ariaSort = state.sort === place ? (state.descending ? "descending" : "ascending") : "none";
      button.addEventListener("click", () => {
        state.descending = state.sort === place ? !state.descending : place !== null && columns[place].metric === true;
        state.sort = place;
        draw();
      });
      cell.append(button);
      line.append(cell);
    }
    table.tHead.replaceChildren(line);
  }

  function draw() {
    head();
    table.tBodies[0].replaceChildren(...arranged().map((row) => {
      const line = document.createElement("tr");
      if (row === chosen) line.className = "chosen";
      for (const text of [String(row + 1), ...columns.map((column) => column.texts[row])]) {
        const cell = document.createElement("td");
        cell.className = "number";
        cell.textContent = text;
        line.append(cell);
      }
      return line;
    }));
  }

  const asked = new URLSearchParams(window.location.search).get("sort");
  const found = columns.findIndex((column) => column.label === asked);
  if (found >= 0) state.sort = found;
  draw();
})();
