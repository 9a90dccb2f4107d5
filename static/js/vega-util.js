// What the interpreter of Vega's expressions takes from vega-util: it is in Vega's own file.
export const { ascending, isString, DisallowedObjectProperties } = globalThis.vega;
