// The server's HTTP API: asks for the token where one is needed, waits where the server says so, and names every failure.
const STORED = "photoplanet token";
const MOST_WAIT = 300; // seconds in all for one request: a longer wait counts as a failure
const BUSY = [429, 503];

/** @typedef {Record<string, string | number | boolean>} Query */

// A token that came behind # in the address, which is sent to nobody, is kept as if it had been typed.
const BEHIND = "#token=";
if (location.hash.startsWith(BEHIND)) {
  sessionStorage.setItem(STORED, location.hash.slice(BEHIND.length));
  history.replaceState(null, "", location.pathname);
}

export class Problem extends Error {
  /** @param {number} status 0: the server does not answer @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** What may be read by people. @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {unknown} error */
const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

export class Api {
  /**
   * @param {(wrong: boolean) => Promise<string | null>} askToken
   * @param {(seconds: number, why: string) => void} waiting called at each wait; with 0 seconds when it is over
   */
  constructor(askToken, waiting) {
    this.askToken = askToken;
    this.waiting = waiting;
    /** @type {Promise<string | null> | null} */
    this.asked = null;
  }

  /** @param {string} path */
  get(path) {
    return this.json(path, {}, { method: "GET" });
  }

  /** @param {string} path @param {Query} query @param {BodyInit} body @param {AbortSignal} [signal] */
  post(path, query, body, signal) {
    return this.json(path, query, { method: "POST", body, signal });
  }

  /** @param {string} path @param {unknown} value */
  postJson(path, value) {
    return this.post(path, {}, new Blob([JSON.stringify(value)], { type: "application/json" }));
  }

  /** The address of a blob. @param {string} path @param {Query} query */
  async picture(path, query) {
    const response = await this.response(path, query, { method: "GET" });
    return URL.createObjectURL(await response.blob());
  }

  /** @param {string} path @param {Query} query @param {RequestInit} request */
  async json(path, query, request) {
    const response = await this.response(path, query, request);
    try {
      return await response.json();
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new Problem(0, "The server's answer broke off.");
    }
  }

  /** @param {string} path @param {Query} query @param {RequestInit} request */
  async response(path, query, request) {
    const words = Object.entries(query).map(([name, value]) => [name, String(value)]);
    const address = `${path}?${new URLSearchParams(words)}`;
    let wrong = false;
    let waited = 0;
    for (;;) {
      const token = sessionStorage.getItem(STORED);
      const response = await this.fetched(address, request, token);
      if (response.ok) return response;
      const wait = Number(response.headers.get("Retry-After"));
      if (response.status === 401) {
        if (sessionStorage.getItem(STORED) === token) await this.unlock(wrong || Boolean(token)); // else it has come meanwhile
        wrong = true;
      } else if (BUSY.includes(response.status) && wait > 0 && waited + wait <= MOST_WAIT) {
        waited += wait;
        this.waiting(
          wait,
          response.status === 429 ? "The server takes only so many photos a minute" : "The server is busy",
        );
        await pause(wait, request.signal);
        this.waiting(0, "");
      } else throw new Problem(response.status, await detail(response));
    }
  }

  /** @param {string} address @param {RequestInit} request @param {string | null} token */
  async fetched(address, request, token) {
    /** @type {HeadersInit} */
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    try {
      return await fetch(address, { ...request, headers, cache: "no-store", redirect: "error" });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new Problem(0, "The server does not answer. Is photoplanet still running?");
    }
  }

  /** Ask once, however many requests wait for the token. @param {boolean} wrong @returns {Promise<void>} */
  async unlock(wrong) {
    this.asked ??= this.askToken(wrong).finally(() => {
      this.asked = null;
    });
    const token = await this.asked;
    if (!token) throw new Problem(401, "This server asks for its token.");
    if (/[^!-~]/.test(token)) return this.unlock(true); // no header can hold it, and so it is not the one
    sessionStorage.setItem(STORED, token);
  }
}

/** @param {Response} response */
async function detail(response) {
  try {
    const words = String((await response.json()).detail);
    return words[0].toUpperCase() + words.slice(1);
  } catch {
    return `The server answers with ${response.status}.`;
  }
}

/** @param {number} seconds @param {AbortSignal | null} [signal] @returns {Promise<void>} */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
