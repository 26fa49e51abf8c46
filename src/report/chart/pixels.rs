//! PNG files of charts. A chart has few colours, so most files are a palette and one byte a pixel: a third of
//! the work for the compressor. The pixels are the same either way.

/// Red, green and blue.
type Colour = [u8; 3];

/// The PNG file of a picture of `size` pixels, three bytes a pixel.
pub(super) fn encode(pixels: &[u8], size: (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size.0, size.1);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    // Flat areas: a row differs from the row above in few places.
    encoder.set_filter(png::Filter::Up);
    match indexed(pixels) {
        Some((palette, indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette);
            encoder.write_header()?.write_image_data(&indices)?;
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            encoder.write_header()?.write_image_data(pixels)?;
        }
    }
    Ok(file)
}

/// The palette of a picture and the place of each pixel's colour in it, unless there are too many colours.
fn indexed(pixels: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut palette = Palette::new();
    let mut indices = Vec::with_capacity(pixels.len() / 3);
    // Most blocks are of one colour, and of that of the block before.
    let (blocks, rest) = pixels.as_chunks::<{ 3 * BLOCK }>();
    let (mut flat, mut place) = ([0; 3 * BLOCK], None);
    for block in blocks {
        match place.filter(|_| *block == flat) {
            Some(place) => indices.extend([place; BLOCK]),
            None => {
                let last = palette.place_all(block, &mut indices)?;
                place = Some(last.1);
                flat.as_chunks_mut::<3>().0.fill(last.0);
            }
        }
    }
    if !rest.is_empty() {
        palette.place_all(rest, &mut indices)?;
    }
    Some((palette.colours, indices))
}

/// The pixels that are compared at once.
const BLOCK: usize = 8;

/// The slots of a palette's table: many more than colours, so that few of them collide.
const SLOTS: usize = 1 << 12;

/// The colours of a picture, found by a table of open addressing.
struct Palette {
    /// The colours in the order of their places.
    colours: Vec<u8>,
    /// Colours and their places.
    slots: Vec<Option<(Colour, u8)>>,
}

impl Palette {
    fn new() -> Self {
        Self {
            colours: Vec::new(),
            slots: vec![None; SLOTS],
        }
    }

    /// Adds the places of the colours of some pixels to `indices`; returns the last colour and its place, or
    /// nothing if there are too many colours.
    fn place_all(&mut self, pixels: &[u8], indices: &mut Vec<u8>) -> Option<(Colour, u8)> {
        let mut last = None;
        for colour in pixels.as_chunks::<3>().0 {
            let place = match last {
                Some((known, place)) if known == *colour => place,
                _ => self.place_of(*colour)?,
            };
            last = Some((*colour, place));
            indices.push(place);
        }
        last
    }

    /// The place of a colour, where it is put if it is new.
    fn place_of(&mut self, colour: Colour) -> Option<u8> {
        let [red, green, blue] = colour;
        let number = u32::from_be_bytes([0, red, green, blue]);
        let mut slot = (number.wrapping_mul(0x9e37_79b1) >> 20) as usize;
        while let Some((known, place)) = self.slots[slot] {
            if known == colour {
                return Some(place);
            }
            slot = (slot + 1) % SLOTS;
        }
        let place = u8::try_from(self.colours.len() / 3).ok()?;
        self.colours.extend(colour);
        self.slots[slot] = Some((colour, place));
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of a PNG file, three bytes each.
    fn decode(file: &[u8]) -> Vec<u8> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("a picture");
        pixels
    }

    #[test]
    fn pixels_come_back_with_a_palette_and_without_one() {
        let few: Vec<u8> = (0..64 * 64)
            .flat_map(|n: u32| [(n % 16) as u8, (n / 256) as u8, 7])
            .collect();
        let many: Vec<u8> = (0..64 * 64)
            .flat_map(|n: u32| [(n % 64) as u8, (n / 64) as u8, 7])
            .collect();
        for pixels in [few, many] {
            let file = encode(&pixels, (64, 64)).expect("encoded");
            assert!(decode(&file) == pixels, "other pixels");
        }
    }
}
