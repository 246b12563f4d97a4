// Reads the arrays of an uncompressed npz file: a zip of npy files, one a site, chain by draw.

/** {site: {shape, values}} of float arrays; what is compressed or of another type is left out. */
function arraysOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = {};
  let at = directoryOf(view);
  while (at !== null && at + 46 <= view.byteLength && view.getUint32(at, true) === 0x02014b50) {
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const array = view.getUint16(at + 10, true) === 0 ? arrayAt(bytes, start) : null;
    if (array) found[name.replace(/\.npy$/, "")] = array;
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return found;
}

/** Where a zip's table of contents begins: its last record, which ends the file, says so. */
function directoryOf(view) {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 1024); at -= 1) {
    if (view.getUint32(at, true) === 0x06054b50) return view.getUint32(at + 16, true);
  }
  return null;
}

function arrayAt(bytes, start) {
  const headLength = new DataView(bytes.buffer, bytes.byteOffset + start + 8, 2).getUint16(0, true);
  const head = new TextDecoder("latin1").decode(bytes.subarray(start + 10, start + 10 + headLength));
  const type = { "<f4": Float32Array, "<f8": Float64Array }[/'descr': '([^']+)'/.exec(head)?.[1]];
  const shape = /'shape': \(([^)]*)\)/.exec(head)?.[1].split(",").filter((part) => part.trim()).map(Number);
  if (!type || !shape || head.includes("'fortran_order': True")) return null;
  const from = start + 10 + headLength;
  const count = shape.reduce((product, length) => product * length, 1);
  return { shape, values: new type(bytes.slice(from, from + count * type.BYTES_PER_ELEMENT).buffer) };
}

/** The draws of one scalar such as `theta[0]`, a list a chain; empty where there are none. */
function chainsOf(arrays, name) {
  const [, site, entry] = /^([^[]+)(?:\[(.*)\])?$/.exec(name) ?? [];
  const array = arrays[site];
  if (!array || array.shape.length < 2) return [];
  const [nChains, nDraws, ...inner] = array.shape;
  const index = entry ? entry.split(",").map(Number) : [];
  const offset = inner.reduce((sum, length, axis) => sum * length + (index[axis] ?? 0), 0);
  const size = inner.reduce((product, length) => product * length, 1);
  const draws = Array.from({ length: nDraws }, (_, draw) => draw);
  return Array.from({ length: nChains }, (_, chain) => draws.map((draw) => array.values[(chain * nDraws + draw) * size + offset]));
}
