// ZIP archives as PKWARE's APPNOTE describes them: entries that are deflated by the browser, no encryption, no ZIP64.

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
const checksum = (bytes) => {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
};

/** Numbers of so many bytes each, the lowest byte first. */
function fields(...pairs) {
  const bytes = [];
  for (const [size, value] of pairs) for (let place = 0; place < size; place += 1) bytes.push(Math.floor(value / 256 ** place) & 255);
  return Uint8Array.from(bytes);
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const UTF8_NAMES = 0x800, DEFLATE = 8, VERSION = 20;
const DAY = (1980 - 1980) * 512 + 32 + 1; // 1 January 1980: the archive of the same run is the same

/** The archive of files, each a name and bytes. */
export async function zip(files) {
  const parts = [], directory = [];
  let offset = 0, entries = 0;
  for (const [name, bytes] of files) {
    const title = new TextEncoder().encode(name), packed = await deflated(bytes);
    const shared = fields([2, VERSION], [2, UTF8_NAMES], [2, DEFLATE], [2, 0], [2, DAY], [4, checksum(bytes)], [4, packed.length], [4, bytes.length], [2, title.length], [2, 0]);
    parts.push(fields([4, 0x04034b50]), shared, title, packed);
    directory.push(fields([4, 0x02014b50], [2, VERSION]), shared, fields([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), title);
    offset += 4 + shared.length + title.length + packed.length;
    entries += 1;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  return new Blob([...parts, ...directory, fields([4, 0x06054b50], [2, 0], [2, 0], [2, entries], [2, entries], [4, size], [4, offset], [2, 0])], { type: "application/zip" });
}
