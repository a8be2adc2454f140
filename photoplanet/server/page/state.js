// What the page knows.

/** @typedef {import("/map/mercator.js").Place} Place */
/** @typedef {import("/map/photos.js").NamedPlace} NamedPlace */
/** @typedef {"street" | "city" | "region" | "country" | "continent"} Scale */
/** @typedef {{ share: number, probability: number, radius_km: number, area_km2: number, cells: number }} Region */
/** @typedef {{ type: "Polygon", coordinates: number[][][] } | { type: "MultiPolygon", coordinates: number[][][][] }} Shape */
/** @typedef {{ kind: string, probability: number, [name: string]: unknown }} Properties */
/** @typedef {{ type: string, properties: Properties, geometry: Shape }} Feature of a cell, or of a point (whose geometry the page does not read) */
/**
 * @typedef {object} Answer of the server, to one photo
 * @property {number | null} unknown how likely it is from outside all that the model knows; null: it cannot tell
 * @property {NamedPlace | null} best
 * @property {NamedPlace[]} top
 * @property {Record<Scale, number>} confidence
 * @property {Omit<Region, "share">} region
 * @property {Region[]} regions
 * @property {boolean} abstains
 * @property {number} gain_bits how much it says over what the model says of any photo
 * @property {string} [model]
 * @property {string} world
 * @property {{ features: Feature[] }} geojson
 * @property {import("./evidence.js").Clue[]} [clues] the evidence in the photo; none where the server looks for none
 * @property {import("./evidence.js").Country[]} [countries]
 * @property {string | null} [conflict]
 * @property {import("./evidence.js").Reading} [reading]
 * @property {string} [unread] why its text was not read
 * @property {string} [error]
 * @property {{ area: string, inside_before: number, doubt: boolean, known_place_outside: boolean }} [within] the area that it is cut to
 * @property {Place & { place: string, source: string, distance_km: number | null }} [own_gps] the place that its file states
 * @property {string} [kind] of a trip's photo: how it was located
 * @property {string | null} [taken_at]
 */
/**
 * @typedef {object} Photo
 * @property {File} file
 * @property {string} name
 * @property {"waiting" | "sending" | "done" | "failed"} status
 * @property {Answer | null} alone its own answer
 * @property {Answer | null} trip its answer among the photos around it
 * @property {string} error
 * @property {string | null} thumbnail its address
 * @property {import("./evidence.js").Reading | null} reading what stands in it, which the server need not read again
 * @property {Set<number>} struck pieces of evidence that are not of its place
 */
/** @typedef {{ title: string, from?: string, to?: string, photos: Photo[] }} Album */

export const state = {
  /** @type {Photo[]} */
  photos: [],
  /** @type {Photo | null} */
  chosen: null,
  share: 0.9, // of the probability that the region holds
  precision: "auto",
  always: false, // show a place even where the evidence is weak
  area: "", // where the photos are from, as the server reads it; "": anywhere
  outside: false, // they are not from there
  together: false,
  /** @type {Album[]} in time order */
  albums: [],
  model: "", // its name, once the server has given it
  network: true, // there is a model, and not only what stands in photos
  signs: true, // the text in photos counts
  /** @type {File[]} tracks, gzipped or not, in the order in which they count */
  tracks: [],
  /** @type {{ photos: number } | null} the server's library of geotagged photos */
  library: null,
  fit: "crop", // what part of a photo the network sees: its middle square, or all of it ("squash")
};

const KNOWN = ["own GPS", "track"]; // places that are measured

/** The answer that is shown for a photo, or null. One that abstains keeps its region, and nothing else says where. @param {Photo} photo */
export function answerOf(photo) {
  const answer = state.together && photo.trip ? photo.trip : photo.alone;
  if (!answer?.confidence) return null;
  return answer.abstains && !state.always ? { ...answer, best: null, top: [] } : answer;
}

/** @param {Answer} answer */
export const isKnown = ({ kind }) => kind !== undefined && KNOWN.includes(kind);

/** Whether nothing at all says where a photo is: no model, and no evidence that counts. @param {Answer} answer */
export const isSilent = ({ clues = [] }) => !state.network && clues.every(({ struck }) => struck);

/** The photos as they are listed: album by album in time order when they are located together. @returns {Album[]} */
export function groups() {
  if (!state.together || !state.albums.length) return [{ title: "", photos: state.photos }];
  const placed = new Set(state.albums.flatMap((album) => album.photos));
  const rest = state.photos.filter((photo) => !placed.has(photo));
  return rest.length ? [...state.albums, { title: "not located together", photos: rest }] : state.albums;
}

export const listed = () => groups().flatMap((group) => group.photos);
