//! Form controls, each with its label, hint and errors.
//!
//! The server function behind a form takes one argument, `form`, and each control is named by the field path that
//! errors use: [`field_errors::name_of`] turns `members[2].weight` into the name `form[members][2][weight]`,
//! [`field_errors::id_of`] into the id `members-2-weight`.

pub mod button;
pub mod checkbox;
pub mod choice_cards;
pub mod error_summary;
pub mod field;
pub mod field_errors;
pub mod field_notes;
pub mod radio;
pub mod select;
pub mod text_area;
