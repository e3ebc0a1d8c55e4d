//! Small components over semantic HTML, without any noun of the domain: texts, paths and values are properties.
//! Components do not fetch, route, or keep state between pages.

pub mod code_block;
pub mod disclosure;
pub mod empty_state;
pub mod form;
pub mod notice;
pub mod page_head;
pub mod share_bar;
pub mod status;
pub mod step_list;
pub mod table;
pub mod tabs;
pub mod time_ago;
pub mod tone;

pub use code_block::CodeBlock;
pub use disclosure::Disclosure;
pub use empty_state::EmptyState;
pub use form::{
    button::{Button, ButtonKind, ButtonLink},
    checkbox::Checkbox,
    choice_cards::{Card, ChoiceCards},
    error_summary::ErrorSummary,
    field::Field,
    field_errors::FieldErrors,
    field_notes::FieldNotes,
    radio::Radio,
    select::{Choice, Select},
    text_area::TextArea,
};
pub use notice::Notice;
pub use page_head::PageHead;
pub use share_bar::ShareBar;
pub use status::Status;
pub use step_list::{Step, StepList, StepState};
pub use table::Table;
pub use tabs::{Tab, Tabs};
pub use time_ago::TimeAgo;
pub use tone::Tone;
