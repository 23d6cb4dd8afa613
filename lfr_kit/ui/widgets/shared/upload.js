// Pictures on their way to the server, a megabyte at a time, so that a large one neither gets lost nor stalls others.

import { get, part, post, put } from "./api.js";

const CHUNK_BYTES = 1 << 20;
const TRIES = 4;
const STEP_MS = 600;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Sends a part again where the connection broke; what was received already is passed over there. */
async function putLasting(path, bytes) {
  for (let i = 1; ; i += 1) {
    try {
      return await put(path, bytes);
    } catch (error) {
      if (!error.isNoConnection || i === TRIES) throw error;
      await pause(400 * 2 ** i);
    }
  }
}

/**
 * @param {string} watchlistId
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @returns {Promise<string>} the upload's id
 */
export async function uploaded(watchlistId, file, onProgress) {
  const begun = await post(`api/watchlists/${part(watchlistId)}/uploads`, { name: file.name, size: file.size });
  const chunk = begun.chunk_bytes || CHUNK_BYTES;
  for (let offset = 0; offset < file.size; offset += chunk) {
    await putLasting(`api/uploads/${part(begun.upload_id)}?offset=${offset}`, file.slice(offset, offset + chunk));
    onProgress(Math.min(1, (offset + chunk) / file.size));
  }
  return begun.upload_id;
}

/** Has an uploaded picture imported: the answer comes when it is, meanwhile the upload tells what is being done. */
export async function imported(uploadId, fields, onStep) {
  let isDone = false;
  const asking = post(`api/uploads/${part(uploadId)}/finish`, { fields }).finally(() => {
    isDone = true;
  });
  const watch = async () => {
    while (!isDone) {
      await pause(STEP_MS);
      const told = isDone ? {} : await get(`api/uploads/${part(uploadId)}`).catch(() => ({}));
      if (!isDone && told.state) onStep(`Being added: ${told.step || "waiting"}`);
    }
  };
  watch();
  return (await asking).report;
}
