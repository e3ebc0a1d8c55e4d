//! Small components over semantic HTML. They know no noun of the domain: texts, paths and values come in as
//! properties. Nothing here fetches, routes or keeps state between pages.
//!
//! Forms: each server function behind a form takes one argument, `form`, and each control is named by the field
//! path that errors use. [`field_errors::name_of`] makes the control's name of it (`members[2].weight` →
//! `form[members][2][weight]`), [`field_errors::id_of`] its id (`members-2-weight`).

pub mod button;
pub mod checkbox;
pub mod choice_cards;
pub mod code_block;
pub mod disclosure;
pub mod empty_state;
pub mod error_summary;
pub mod field;
pub mod field_errors;
pub mod field_notes;
pub mod notice;
pub mod page_head;
pub mod radio;
pub mod select;
pub mod share_bar;
pub mod status;
pub mod step_list;
pub mod table;
pub mod tabs;
pub mod text_area;
pub mod time_ago;
pub mod tone;

pub use button::{Button, ButtonKind, ButtonLink};
pub use checkbox::Checkbox;
pub use choice_cards::{Card, ChoiceCards};
pub use code_block::CodeBlock;
pub use disclosure::Disclosure;
pub use empty_state::EmptyState;
pub use error_summary::ErrorSummary;
pub use field::Field;
pub use field_errors::FieldErrors;
pub use field_notes::FieldNotes;
pub use notice::Notice;
pub use page_head::PageHead;
pub use radio::Radio;
pub use select::{Choice, Select};
pub use share_bar::ShareBar;
pub use status::Status;
pub use step_list::{Step, StepList, StepState};
pub use table::Table;
pub use tabs::{Tab, Tabs};
pub use text_area::TextArea;
pub use time_ago::TimeAgo;
pub use tone::Tone;
