// Opens the page.

import { read } from "./data.js";
import { Page } from "./page.js";

async function open() {
  try {
    const model = await read(document.getElementById("graphnet-data").textContent);
    // for tests and measurements
    window.graphnetPage = new Page(model, document.getElementById("app"));
  } catch (error) {
    const failure = document.getElementById("failure");
    failure.textContent = error.message;
    failure.hidden = false;
    document.getElementById("app").hidden = true;
    console.error(error);
  }
}

open();
