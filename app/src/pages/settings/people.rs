//! User management: list, invitation, role, reset and removal.

mod load;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use self::load::PeoplePageData;
use crate::{
    actions::people::{AddPerson, ChangeRole, MadeLink, PersonForm, RemovePerson, ResetPerson},
    domain::{field_error::FieldError, limits, person::Person, role::Role, timestamp::Timestamp},
    ui::{
        Button, ButtonKind, Choice, CodeBlock, Disclosure, ErrorSummary, Field, FieldErrors, Notice,
        PageHead, Select, Status, Table, TimeAgo, Tone,
    },
};
use crate::{
    pages::parts::{loaded::loaded, notice::flash_notice},
    web::page_params::PageParams,
};

/// User management.
#[component]
pub fn PeoplePage() -> impl IntoView {
    // A new link must be read only once.
    let params = PageParams::current();
    let data = load::people(params.clone());
    view! {
        <PageHead title="People" lead="Users who may sign in, and their roles." />
        {loaded(data, draw)}
    }
}

fn draw(page: PeoplePageData) -> AnyView {
    let PeoplePageData { people, me, link, shown_before, form, errors, note, now } = page;
    let open = people.len() == 1 || !errors.is_empty();
    let rows = people
        .into_iter()
        .enumerate()
        .map(|(place, person)| row(place, person, &me, now))
        .collect::<Vec<_>>();
    view! {
        {flash_notice(note)}
        {link.map(shown_once)}
        {shown_before
            .then(|| {
                view! {
                    <Notice>
                        <p>"That link was shown once and cannot be shown again. Create another one with “New link”."</p>
                    </Notice>
                }
            })}
        <Table caption="People" heads=vec!["Name", "Role", "Added", "Last seen", "Change"]>
            {rows}
        </Table>
        <Disclosure summary="Add a person" id="add" open>
            {add_form(form, errors)}
        </Disclosure>
        <p>
            <a href="/settings">"Back to the settings"</a>
        </p>
    }
    .into_any()
}

fn shown_once(link: MadeLink) -> AnyView {
    view! {
        <section class="panel made" aria-labelledby="made">
            <h2 id="made" tabindex="-1">{format!("A link for “{}”", link.name)}</h2>
            <p>
                "Send it to them over a channel that you trust: the first person to open it sets the password. It works \
                 once, expires after three days, and is shown only now."
            </p>
            <CodeBlock label="One-time link" code=link.address />
        </section>
    }
    .into_any()
}

fn row(place: usize, person: Person, me: &str, now: Timestamp) -> AnyView {
    let own = person.name == me;
    let role = person.role.as_str();
    let seen = match person.last_seen_at {
        Some(at) => view! { <TimeAgo at now /> }.into_any(),
        None => view! { <span class="quiet">"Not signed in"</span> }.into_any(),
    };
    let name = person.name.clone();
    view! {
        <tr>
            <th scope="row">
                {person.name} {own.then(|| view! { <span class="quiet">" (you)"</span> })}
            </th>
            <td>
                {role_label(person.role)}
                {person
                    .invited
                    .then(|| view! { " " <Status tone=Tone::Off label="Invited" more="No password is set yet" /> })}
            </td>
            <td>
                <TimeAgo at=person.created_at now />
            </td>
            <td>{seen}</td>
            <td>{change(place, name, role)}</td>
        </tr>
    }
    .into_any()
}

/// The actions for a user.
fn change(place: usize, name: String, role: &'static str) -> AnyView {
    let hidden = |name: String| view! { <input type="hidden" name="form[name]" value=name /> };
    let [for_role, for_link, for_removal] = [(); 3].map(|()| hidden(name.clone()));
    view! {
        <details class="sure">
            <summary aria-label=format!("Change {name}")>"Change…"</summary>
            <div class="modest">
            {post_form(ChangeRole::url(), view! {
                {for_role}
                <Select
                    path=format!("people[{place}].role")
                    name="form[role]"
                    label=format!("Role of {name}")
                    choices=roles()
                    value=role
                    hint="They are signed out and must sign in again."
                />
                <Button label=format!("Save the role of {name}")>
                    "Save role"
                </Button>
            }.into_any())}
            {post_form(ResetPerson::url(), view! {
                {for_link}
                <p>"Removes their password and ends their sessions. They set a new password with the link."</p>
                <Button label=format!("Create a new link for {name}")>
                    "New link"
                </Button>
            }.into_any())}
            {post_form(RemovePerson::url(), view! {
                {for_removal}
                <p>"Ends their sessions and deletes their drafts. API keys that they created keep working."</p>
                <Button kind=ButtonKind::Danger label=format!("Remove {name}")>
                    "Remove"
                </Button>
            }.into_any())}
            </div>
        </details>
    }
    .into_any()
}

fn add_form(form: PersonForm, errors: Vec<FieldError>) -> AnyView {
    let errors = FieldErrors::from(errors);
    view! {
        <ErrorSummary links=errors.links() />
        {post_form(AddPerson::url(), view! {
            <Field
                path="name"
                label="User name"
                value=form.name
                hint="The name to sign in with."
                errors=errors.clone()
                limit=limits::NAME_CHARS
                required=true
            />
            <Select
                path="role"
                label="Role"
                choices=roles()
                value=form.role
                hint="Viewers can only read. Editors can change everything except people, settings, instance addresses and keys of others. Admins can do everything."
                errors
            />
            <Button kind=ButtonKind::Primary>
                "Add person"
            </Button>
        }.into_any())}
    }
    .into_any()
}

fn roles() -> Vec<Choice> {
    Role::ALL.into_iter().map(|role| Choice::new(role.as_str(), role_label(role))).collect()
}

/// The role as a label.
pub(super) fn role_label(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Editor => "Editor",
        Role::Admin => "Admin",
    }
}
