//! [`png`]: a picture as pixels.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use crate::canvas::PlotError;

/// The only font, so that every machine writes the same letters; see `font/LICENSE`.
const FONT: &[u8] = include_bytes!("../font/DejaVuSans-part.ttf");
const FAMILY: &str = "DejaVu Sans";
/// Pixels of the image for one of the picture, along each side.
const SCALE: f32 = 2.0;

/// The text of an SVG file as a PNG image on white ground, with two pixels for one of the picture along each side.
///
/// Letters come from a font that is part of this crate: no font of the machine is read.
///
/// ```
/// use bp_plot::{confusion, png};
/// let image = png(&confusion("Classes", &["no", "yes"], &[8, 2, 0, 5])?)?;
/// assert!(image.starts_with(b"\x89PNG\r\n\x1a\n"));
/// # Ok::<(), bp_plot::PlotError>(())
/// ```
///
/// # Errors
/// If the text is no SVG file, or the image would not fit into memory.
pub fn png(svg: &str) -> Result<Vec<u8>, PlotError> {
    static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut fonts = Database::new();
        fonts.load_font_data(FONT.to_vec());
        fonts.set_sans_serif_family(FAMILY);
        fonts.set_monospace_family(FAMILY);
        Arc::new(fonts)
    });
    let options = Options { fontdb: Arc::clone(&FONTS), font_family: FAMILY.into(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| PlotError::Library(error.to_string()))?;
    let size = tree.size().to_int_size();
    let side = |pixels: u32| (f64::from(pixels) * f64::from(SCALE)) as u32;
    let (width, height) = (side(size.width()), side(size.height()));
    let mut image = Pixmap::new(width, height)
        .ok_or_else(|| PlotError::Library(format!("an image of {width} x {height} pixels is too large")))?;
    image.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut image.as_mut());
    image.encode_png().map_err(|error| PlotError::Library(error.to_string()))
}
