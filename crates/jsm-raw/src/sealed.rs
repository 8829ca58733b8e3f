//! What keeps other crates from implementing a trait of this one.

/// A supertrait that no other crate can name.
///
/// The generated code implements it, so that a trait can get another required method without breaking a program.
///
/// ```compile_fail,E0277
/// enum Mine {}
///
/// impl jsm_raw::IdKind for Mine {
///     const NAME: &'static str = "Mine";
/// }
/// ```
pub trait Sealed {}
