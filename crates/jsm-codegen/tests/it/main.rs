//! Tests of the generator, on invented documents.

mod bump; // The next version, and the manifest with it.
mod damage; // Damaged documents and overlays, given to everything that reads them.
mod diff; // Changes between two documents, and how much they matter.
mod distil; // What distilling keeps and leaves out.
mod lint; // What the lint reports, and what becomes of the corners of OpenAPI.
mod overlay; // What overlays make of a document, and what is reported about them.
mod random_damage; // Random damage to JSON documents.
