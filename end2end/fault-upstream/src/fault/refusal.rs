//! Refusals of request fields, as model servers word them.

/// Request fields that are refused together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldRefusal {
    /// Names of fields, and `system` for a message of that role.
    pub(crate) fields: Vec<String>,
}

/// How a refusal is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum RefusalForm {
    /// 400 with the field in `param` and in the message.
    #[default]
    Param,
    /// 400 with the field in the message only.
    Message,
    /// 422 with the field in a validation report, as pydantic writes it.
    Validation,
    /// 400 that names no field.
    Unnamed,
    /// 500 that names no field.
    ServerError,
    /// 501 with the field in the message.
    NotImplemented,
    /// 200 with empty content.
    Empty,
    /// 200 with the request's own schema as content.
    Schema,
}

impl FieldRefusal {
    /// Parses a list of fields, separated by commas.
    pub(super) fn parse(fields: &str) -> Option<Self> {
        let fields: Vec<String> = fields.split(',').map(str::to_owned).collect();
        fields.iter().all(|field| !field.is_empty()).then_some(Self { fields })
    }
}

impl RefusalForm {
    /// The form that a fault's argument names.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "param" => Self::Param,
            "message" => Self::Message,
            "422" => Self::Validation,
            "unnamed" => Self::Unnamed,
            "500" => Self::ServerError,
            "501" => Self::NotImplemented,
            "empty" => Self::Empty,
            "schema" => Self::Schema,
            _ => return None,
        })
    }
}
