//! Pictures of trainings as SVG: [`curves`], [`confusion`], [`regions`], [`fit`], [`images`] and [`strips`]; [`png`] makes
//! pixels of them, and of any other SVG.
//!
//! Each function takes plain numbers and returns the text of one SVG file, with transparent ground, colours that can be
//! told apart by people who see fewer of them, and text that is dark on light and light on dark. No font of the
//! machine is read: a viewer of SVG has its own, and [`png`] comes with one. The crate knows nothing of networks. Read `canvas.rs` first, which every picture stands on.
//!
//! ```
//! use bp_plot::{Axes, Line, curves};
//! let line = Line { name: "training".into(), points: vec![(1.0, 0.9), (2.0, 0.4), (3.0, 0.2)], band: vec![] };
//! let svg = curves(&Axes { title: "Error", x: "epoch", y: "error", ..Axes::default() }, &[line])?;
//! assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
//! # Ok::<(), bp_plot::PlotError>(())
//! ```
//!
//! Where to go next: `bp train --run` and `bp plot`, which draw with it; the guide's pages on
//! [scaling](https://github.com/bp-rs/bp/blob/main/docs/guide/scaling.md) and [checking](https://github.com/bp-rs/bp/blob/main/docs/guide/checking.md) show two of its pictures. The book's notation is on the front page of
//! `bp_core`: a picture of δ by layer is [`strips`].

#![forbid(unsafe_code)]

mod canvas;
mod curves;
mod grid;
mod plane;
mod png;
mod strips;

pub use canvas::{COLOURS, PlotError};
pub use curves::{Axes, Line, curves};
pub use grid::{confusion, images};
pub use plane::{Plane, fit, regions};
pub use png::png;
pub use strips::{Strip, strips};
