// Pictures on their way to the server, a megabyte at a time, so that a large one neither gets lost nor stalls others.

import { get, part, post, put, remove } from "./api.js";

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
 * @param {AbortSignal} [signal] ends it; what was received is let go
 * @returns {Promise<string>} the upload's id
 */
export async function uploaded(watchlistId, file, onProgress, signal = null) {
  const begun = await post(`api/watchlists/${part(watchlistId)}/uploads`, { name: file.name, size: file.size });
  const chunk = begun.chunk_bytes || CHUNK_BYTES;
  for (let offset = 0; offset < file.size && !signal?.aborted; offset += chunk) {
    await putLasting(`api/uploads/${part(begun.upload_id)}?offset=${offset}`, file.slice(offset, offset + chunk));
    onProgress(Math.min(1, (offset + chunk) / file.size));
  }
  if (signal?.aborted) forgotten(begun.upload_id);
  return begun.upload_id;
}

/** Lets a picture go that is not wanted any more; where that is not heard, it goes after ten minutes. */
export function forgotten(uploadId) {
  return remove(`api/uploads/${part(uploadId)}`).catch(() => {});
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
