// The table of trades: sorted, filtered, in pages; a row leads to the chart.

const TradeTable = (() => {
  const PAGE = 25;
  const trades = Price.trades;
  const table = document.getElementById("trades");
  const kind = document.getElementById("kind");
  const state = { sort: "number", descending: false, page: 0, selected: null, rows: [] };

  const number = (value) => ({ text: value, number: true });
  const varied = (name) => new Set(trades[name]).size > 1;
  const columns = [
    ["number", "#", (row) => row, (row) => number(String(row + 1))],
    ["entry", "Entry (UTC)", (row) => trades.entry_time[row], (row) => ({ text: day(trades.entry_time[row]) })],
    ["exit", "Exit (UTC)", (row) => trades.exit_time[row], (row) => ({ text: day(trades.exit_time[row]) })],
    ["market", "Market", (row) => trades.market[row], (row) => ({ text: trades.market[row] })],
    ["side", "Side", (row) => trades.side[row], (row) => ({ text: trades.account[row] === "hedge" ? `${trades.side[row]} (hedge)` : trades.side[row] })],
    ["quantity", "Quantity", (row) => trades.quantity[row], (row) => number(significant(trades.quantity[row]))],
    ["entry_price", "Entry price", (row) => trades.entry_price[row], (row) => number(significant(trades.entry_price[row]))],
    ["exit_price", "Exit price", (row) => trades.exit_price[row], (row) => number(significant(trades.exit_price[row]))],
    ["profit", `Profit (${DATA.quote})`, (row) => trades.profit[row], (row) => ({ ...number(amount(trades.profit[row])), tone: trades.profit[row] > 0 ? "gain" : "loss" })],
    ["costs", "Fees + funding", (row) => trades.fees[row] + trades.funding[row], (row) => number(amount(trades.fees[row] + trades.funding[row]))],
    ["purpose", "Closed by", (row) => trades.exit_purpose[row], (row) => ({ text: trades.exit_purpose[row].replace(/_/g, " ") })],
    ["strategy", "Strategy", (row) => trades.strategy[row], (row) => ({ text: trades.strategy[row] })],
  ].filter(([name]) => !["market", "strategy"].includes(name) || varied(name));

  function chosen(row) {
    switch (kind.value) {
      case "win": return trades.profit[row] > 0;
      case "loss": return trades.profit[row] < 0;
      case "long": case "short": return trades.side[row] === kind.value;
      default: return true;
    }
  }

  function arrange() {
    const [, , key] = columns.find(([name]) => name === state.sort);
    const sign = state.descending ? -1 : 1;
    state.rows = Array.from({ length: trades.count }, (_, row) => row).filter(chosen);
    state.rows.sort((a, b) => {
      const [left, right] = [key(a), key(b)];
      return left === right ? a - b : left < right ? -sign : sign;
    });
  }

  function head() {
    const line = document.createElement("tr");
    for (const [name, label, , show] of columns) {
      const cell = document.createElement("th");
      const button = document.createElement("button");
      button.type = "button";
      const mark = state.sort === name ? (state.descending ? " ↓" : " ↑") : "";
      button.textContent = label + mark;
      cell.scope = "col";
      cell.ariaSort = state.sort === name ? (state.descending ? "descending" : "ascending") : "none";
      if (trades.count > 0 && show(0).number) cell.className = "number";
      button.addEventListener("click", () => {
        state.descending = state.sort === name ? !state.descending : false;
        state.sort = name;
        state.page = 0;
        arrange();
        draw();
      });
      cell.append(button);
      line.append(cell);
    }
    table.tHead.replaceChildren(line);
  }

  function body() {
    const lines = state.rows.slice(state.page * PAGE, (state.page + 1) * PAGE).map((row) => {
      const line = document.createElement("tr");
      line.tabIndex = 0;
      line.setAttribute("aria-selected", String(row === state.selected));
      for (const [, , , show] of columns) {
        const { text, number: isNumber, tone } = show(row);
        const cell = document.createElement("td");
        cell.textContent = text;
        cell.className = [isNumber ? "number" : "", tone ?? ""].join(" ").trim();
        line.append(cell);
      }
      line.addEventListener("click", () => select(row, true));
      line.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          select(row, true);
        }
      });
      return line;
    });
    table.tBodies[0].replaceChildren(...lines);
  }

  function draw() {
    const pages = Math.max(1, Math.ceil(state.rows.length / PAGE));
    head();
    body();
    const label = state.rows.length === 1 ? "trade" : "trades";
    document.getElementById("page").textContent =
      state.rows.length === 0 ? "No trades" : `${state.rows.length.toLocaleString("en-US")} ${label}, page ${state.page + 1} of ${pages}`;
    document.getElementById("earlier").disabled = state.page === 0;
    document.getElementById("later").disabled = state.page >= pages - 1;
  }

  function select(row, follow) {
    state.selected = row;
    const place = state.rows.indexOf(row);
    if (place >= 0) state.page = Math.floor(place / PAGE);
    draw();
    Price.select(row);
    if (follow) document.getElementById("price-section").scrollIntoView({ behavior: "smooth", block: "start" });
  }

  function start() {
    kind.addEventListener("change", () => {
      state.page = 0;
      arrange();
      draw();
    });
    document.getElementById("earlier").addEventListener("click", () => { state.page -= 1; draw(); });
    document.getElementById("later").addEventListener("click", () => { state.page += 1; draw(); });
    arrange();
    draw();
    const asked = Number(new URLSearchParams(window.location.search).get("trade"));
    if (Number.isInteger(asked) && asked >= 1 && asked <= trades.count) select(asked - 1, false);
  }

  return { start, select };
})();

Price.start();
TradeTable.start();
