//! PNG files of charts. A chart has few colours, so most files are a palette and one byte a pixel: a third of
//! the work for the compressor. The pixels are the same either way.

use std::collections::BTreeMap;

/// The most colours of a palette.
const COLOURS_MAX: usize = 256;

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
    let (colours, _) = pixels.as_chunks::<3>();
    let (mut palette, mut places) = (Vec::new(), BTreeMap::<Colour, u8>::new());
    let mut indices = Vec::with_capacity(colours.len());
    // A pixel mostly has the colour of the one before it.
    let mut last: Option<(Colour, u8)> = None;
    for colour in colours {
        let place = match last {
            Some((known, place)) if known == *colour => place,
            _ => place_of(*colour, &mut places, &mut palette)?,
        };
        last = Some((*colour, place));
        indices.push(place);
    }
    Some((palette, indices))
}

/// The place of a colour in the palette, where it is put if it is new.
fn place_of(
    colour: Colour,
    places: &mut BTreeMap<Colour, u8>,
    palette: &mut Vec<u8>,
) -> Option<u8> {
    if let Some(place) = places.get(&colour) {
        return Some(*place);
    }
    if places.len() == COLOURS_MAX {
        return None;
    }
    let place = places.len() as u8;
    places.insert(colour, place);
    palette.extend(colour);
    Some(place)
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
