// The server's HTTP API: asks for the token where one is needed, waits where the server says so, and names every failure.
const STORED = "photoplanet token";
const MOST_WAIT = 300;  // seconds in all for one request: more is no wait but a failure

// A token that came behind # in the address, which is sent to nobody, is kept as if it had been typed.
const BEHIND = "#token=";
if (location.hash.startsWith(BEHIND)) {
  sessionStorage.setItem(STORED, location.hash.slice(BEHIND.length));
  history.replaceState(null, "", location.pathname);
}

export class Problem extends Error {
  constructor(status, detail) { super(detail); this.status = status; }  // status 0: the server does not answer
}

export class Api {
  // askToken(wrong) → a promise of what the user typed, or null; waiting(seconds, why) is told of each wait
  constructor(askToken, waiting) { Object.assign(this, { askToken, waiting, asked: null }); }

  get(path, query = {}) { return this.send("GET", path, query, null, null); }
  post(path, query, body, signal) { return this.send("POST", path, query, body, signal); }

  postJson(path, value) { return this.post(path, {}, new Blob([JSON.stringify(value)], { type: "application/json" })); }

  async picture(path, query) {  // → the address of a blob
    const response = await this.response("GET", path, query, null, null);
    return URL.createObjectURL(await response.blob());
  }
  async send(...request) {
    const response = await this.response(...request);
    try {
      return await response.json();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(0, "The server's answer broke off.");
    }
  }
  async response(method, path, query, body, signal) {
    const address = `${path}?${new URLSearchParams(query)}`;
    for (let wrong = false, waited = 0; ;) {
      const token = sessionStorage.getItem(STORED);
      const response = await this.fetched(address, { method, body, signal, headers: token ? { Authorization: `Bearer ${token}` } : {}, cache: "no-store", redirect: "error" });
      if (response.ok) return response;
      const wait = Number(response.headers.get("Retry-After"));
      if (response.status === 401) {
        if (sessionStorage.getItem(STORED) === token) await this.unlock(wrong || Boolean(token));  // else it has come meanwhile
        wrong = true;
      } else if ([429, 503].includes(response.status) && wait > 0 && waited + wait <= MOST_WAIT) {
        waited += wait;
        this.waiting(wait, response.status === 429 ? "The server takes so many photos a minute" : "The server is busy");
        await pause(wait, signal);
        this.waiting(0, "");
      } else throw new Problem(response.status, await detail(response));
    }
  }
  async fetched(address, options) {
    try {
      return await fetch(address, options);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(0, "The server does not answer. Is photoplanet still running?");
    }
  }
  async unlock(wrong) {  // one question, however many requests wait for its answer
    this.asked = this.asked || this.askToken(wrong).finally(() => { this.asked = null; });
    const token = await this.asked;
    if (!token) throw new Problem(401, "This server asks for its token.");
    if (/[^!-~]/.test(token)) return this.unlock(true);  // no header can hold it, and so it is not the one
    sessionStorage.setItem(STORED, token);
  }
}

async function detail(response) {
  try {
    const words = String((await response.json()).detail);
    return words[0].toUpperCase() + words.slice(1);
  } catch {
    return `The server answers with ${response.status}.`;
  }
}
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { if (signal) signal.removeEventListener("abort", stop); resolve(); }, seconds * 1000);
    if (signal) signal.addEventListener("abort", stop, { once: true });
  });
}
