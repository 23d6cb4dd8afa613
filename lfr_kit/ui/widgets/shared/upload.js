// Pictures on their way to the server, a megabyte at a time, so that a large one neither gets lost nor stalls others.

import { get, part, post, put } from "./api.js";

const CHUNK_BYTES = 1 << 20;
const TRIES = 4;
const UNDER_WAY = ["waiting", "importing"];

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

/** Has an uploaded picture imported, and waits for what came of it. */
export async function imported(uploadId, fields, onStep) {
  let told = await post(`api/uploads/${part(uploadId)}/finish`, { fields });
  while (UNDER_WAY.includes(told.state)) {
    onStep(told.step || "Waiting for the import");
    await pause(500);
    told = await get(`api/uploads/${part(uploadId)}`);
  }
  if (told.error) throw Object.assign(new Error(told.error.message), { findings: told.error.findings });
  return told.report || told;
}
