//! Users, sessions, and the tokens of the first start.

use app::{
    domain::{ids::InstanceId, secret::Secret, timestamp::Timestamp},
    ports::Role,
};
use server::{
    seal::Place,
    store::{SETUP_TOKENS, Session, Store, StoreError, TakenField, User},
};
use tokio::task::JoinSet;

use super::{
    home::Home,
    samples::{NOW, insert, instance},
};

fn user(name: &str, role: Role) -> User {
    let password_hash = Some(Secret::new("$argon2id$v=19$x"));
    User { name: name.to_owned(), role, password_hash, created_at: NOW }
}

fn session(user: &str, ms: u64) -> Session {
    Session {
        user: user.to_owned(),
        role: Role::Editor,
        created_at: NOW,
        last_seen_at: NOW.plus_ms(ms),
        ip: Some("127.0.0.1".parse().unwrap()),
    }
}

async fn insert_user(store: &Store, user: &User) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    write.insert_user(user).await?;
    write.commit().await
}

pub(crate) async fn users_are_found_regardless_of_case(home: &Home) {
    let store = home.open().await;
    let ada = user("Ada", Role::Viewer);
    insert_user(&store, &ada).await.unwrap();
    assert_eq!(store.user("aDA ").await.unwrap(), Some(ada));
    assert_eq!(store.user("bob").await.unwrap(), None);
    let again = insert_user(&store, &user("ADA", Role::Admin)).await;
    assert!(matches!(again, Err(StoreError::Taken(TakenField::Name))));
}

pub(crate) async fn has_admin_detects_an_admin(home: &Home) {
    let store = home.open().await;
    insert_user(&store, &user("ed", Role::Editor)).await.unwrap();
    assert!(!store.has_admin().await.unwrap());
    let mut write = store.write().await.unwrap();
    assert!(!write.has_admin().await.unwrap());
    write.insert_user(&user("admin", Role::Admin)).await.unwrap();
    assert!(write.has_admin().await.unwrap());
    write.commit().await.unwrap();
    assert!(store.has_admin().await.unwrap());
}

pub(crate) async fn a_session_exists_until_it_is_deleted(home: &Home) {
    let store = home.open().await;
    insert_user(&store, &user("Ed", Role::Editor)).await.unwrap();
    let mut write = store.write().await.unwrap();
    write.insert_session(&[1; 32], &session("ed", 0)).await.unwrap();
    write.commit().await.unwrap();
    let mut found = store.session(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(found, session("Ed", 0));
    assert_eq!(store.session(&[2; 32]).await.unwrap(), None);

    let mut write = store.write().await.unwrap();
    write.touch_session(&[1; 32], NOW.plus_ms(9), None).await.unwrap();
    write.commit().await.unwrap();
    (found.last_seen_at, found.ip) = (NOW.plus_ms(9), None);
    assert_eq!(store.session(&[1; 32]).await.unwrap(), Some(found));

    let mut write = store.write().await.unwrap();
    write.delete_session(&[1; 32]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.session(&[1; 32]).await.unwrap(), None);
    let mut write = store.write().await.unwrap();
    let stray = write.insert_session(&[3; 32], &session("nobody", 0)).await;
    assert!(matches!(stray, Err(StoreError::Referenced)));
}

pub(crate) async fn old_sessions_are_deleted(home: &Home) {
    let store = home.open().await;
    insert_user(&store, &user("ed", Role::Editor)).await.unwrap();
    let mut write = store.write().await.unwrap();
    for byte in 0..5 {
        let mut it = session("ed", u64::from(byte));
        if byte == 4 {
            it.created_at = Timestamp(NOW.0 - 1);
        }
        write.insert_session(&[byte; 32], &it).await.unwrap();
    }
    assert_eq!(write.delete_old_sessions(NOW.plus_ms(2), NOW).await.unwrap(), 3);
    write.commit().await.unwrap();
    let mut left = Vec::new();
    for byte in 0..5 {
        if store.session(&[byte; 32]).await.unwrap().is_some() {
            left.push(byte);
        }
    }
    assert_eq!(left, [2, 3]);
}

pub(crate) async fn the_set_up_token_works_once_and_in_time(home: &Home) {
    let store = home.open().await;
    let (old, new) = ([1; 32], [2; 32]);
    let mut write = store.write().await.unwrap();
    write.set_setup_token(&old, NOW.plus_ms(10)).await.unwrap();
    write.set_setup_token(&new, NOW.plus_ms(10)).await.unwrap();
    write.commit().await.unwrap();
    assert!(store.has_setup_token(&new, NOW).await.unwrap());
    assert!(!store.has_setup_token(&new, NOW.plus_ms(10)).await.unwrap(), "over");
    assert!(!store.has_setup_token(&old, NOW).await.unwrap(), "replaced");

    let mut write = store.write().await.unwrap();
    assert!(!write.take_setup_token(&old, NOW).await.unwrap());
    assert!(!write.take_setup_token(&new, NOW.plus_ms(10)).await.unwrap());
    assert!(write.take_setup_token(&new, NOW).await.unwrap());
    assert!(!write.take_setup_token(&new, NOW).await.unwrap());
    drop(write);
    assert!(store.has_setup_token(&new, NOW).await.unwrap(), "a set-up that failed uses nothing up");

    let mut write = store.write().await.unwrap();
    write.delete_setup_token().await.unwrap();
    write.commit().await.unwrap();
    assert!(!store.has_setup_token(&new, NOW).await.unwrap());
}

pub(crate) async fn set_up_tokens_of_replicas_stand_beside_each_other_within_a_bound(home: &Home) {
    let store = home.open().await;
    let token = |number: u32| {
        let mut sha256 = [0; 32];
        sha256[..4].copy_from_slice(&number.to_be_bytes());
        sha256
    };
    let end = |number: u32| NOW.plus_ms(1_000 + u64::from(number));
    let mut write = store.write().await.unwrap();
    write.add_setup_token(&token(1), None, NOW, end(1)).await.unwrap();
    write.add_setup_token(&token(2), None, NOW, end(2)).await.unwrap();
    write.add_setup_token(&token(3), Some(&token(1)), NOW, end(3)).await.unwrap();
    write.commit().await.unwrap();
    let good = async |number| store.has_setup_token(&token(number), NOW).await.unwrap();
    assert_eq!((good(1).await, good(2).await, good(3).await), (false, true, true));

    // Those that end first make room, and those that are over go by themselves.
    let last = 3 + SETUP_TOKENS - 1;
    let mut write = store.write().await.unwrap();
    for number in 4..=last {
        write.add_setup_token(&token(number), None, NOW, end(number)).await.unwrap();
    }
    write.commit().await.unwrap();
    assert_eq!((good(2).await, good(3).await, good(last).await), (false, true, true));
    let mut write = store.write().await.unwrap();
    write.add_setup_token(&token(1), None, end(last), NOW.plus_ms(9_000)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!((good(last).await, good(1).await), (false, true));
}

pub(crate) async fn one_of_several_parallel_set_ups_succeeds(home: &Home) {
    let store = home.open().await;
    let mut write = store.write().await.unwrap();
    write.set_setup_token(&[1; 32], NOW.plus_ms(10)).await.unwrap();
    write.commit().await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut write = store.write().await.unwrap();
            let won = write.take_setup_token(&[1; 32], NOW).await.unwrap();
            write.commit().await.unwrap();
            won
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|won| *won).count(), 1);
}

pub(crate) async fn single_values_are_overwritten(home: &Home) {
    let store = home.open().await;
    assert_eq!(store.admin_token().await.unwrap(), None);
    assert_eq!(store.key_check().await.unwrap(), None);
    for byte in [1, 2] {
        let mut write = store.write().await.unwrap();
        write.set_admin_token(&[byte; 32]).await.unwrap();
        write.set_key_check(&[byte, 0, 255]).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(store.admin_token().await.unwrap(), Some([byte; 32]));
        assert_eq!(store.key_check().await.unwrap(), Some(vec![byte, 0, 255]));
    }
    assert_eq!(store.load().await.unwrap().configuration.version, 0);
}

pub(crate) async fn people_are_listed_changed_and_removed(home: &Home) {
    let store = home.open().await;
    let mut write = store.write().await.unwrap();
    for (name, role) in [("Zoe", Role::Viewer), ("ada", Role::Admin), ("Ed", Role::Editor)] {
        write.insert_user(&user(name, role)).await.unwrap();
    }
    write.set_password("ED", None).await.unwrap();
    write.set_role("zoe", Role::Editor).await.unwrap();
    write.insert_session(&[1; 32], &session("ada", 5)).await.unwrap();
    write.insert_session(&[2; 32], &session("ada", 9)).await.unwrap();
    assert!(matches!(write.user("nobody").await, Err(StoreError::NotFound)));
    assert_eq!(write.user("ed").await.unwrap(), User { password_hash: None, ..user("Ed", Role::Editor) });
    write.commit().await.unwrap();
    let told: Vec<_> = store.people().await.unwrap();
    let told: Vec<_> = told.iter().map(|it| (&*it.name, it.role, it.invited, it.last_seen_at)).collect();
    assert_eq!(
        told,
        [
            ("ada", Role::Admin, false, Some(NOW.plus_ms(9))),
            ("Ed", Role::Editor, true, None),
            ("Zoe", Role::Editor, false, None),
        ]
    );

    let mut write = store.write().await.unwrap();
    assert!(!write.has_other_admin("ADA").await.unwrap());
    assert!(write.has_other_admin("ed").await.unwrap());
    write.set_role("ed", Role::Admin).await.unwrap();
    assert!(!write.has_other_admin("ada").await.unwrap(), "one without a password does not count");
    write.delete_user("Ada").await.unwrap();
    assert!(matches!(write.delete_user("ada").await, Err(StoreError::NotFound)));
    write.commit().await.unwrap();
    assert_eq!(store.session(&[1; 32]).await.unwrap(), None, "sessions go with their user");
    assert_eq!(store.people().await.unwrap().len(), 2);
}

pub(crate) async fn sessions_of_a_user_are_listed_and_deleted(home: &Home) {
    let store = home.open().await;
    let mut write = store.write().await.unwrap();
    for name in ["ada", "ed"] {
        write.insert_user(&user(name, Role::Editor)).await.unwrap();
    }
    for (byte, name, ms) in [(1, "ada", 1), (2, "ada", 3), (3, "ada", 2), (4, "ed", 4)] {
        write.insert_session(&[byte; 32], &session(name, ms)).await.unwrap();
    }
    write.commit().await.unwrap();
    let listed = async |name: &str, limit| {
        let found = store.sessions_of(name, limit).await.unwrap();
        found.into_iter().map(|(sha256, _)| sha256[0]).collect::<Vec<_>>()
    };
    assert_eq!(listed("ADA", 9).await, [2, 3, 1]);
    assert_eq!(listed("ada", 1).await, [2]);
    let mut write = store.write().await.unwrap();
    assert_eq!(write.delete_sessions_of("Ada", Some(&[3; 32])).await.unwrap(), 2);
    write.commit().await.unwrap();
    assert_eq!((listed("ada", 9).await, listed("ed", 9).await), (vec![3], vec![4]));
    let mut write = store.write().await.unwrap();
    assert_eq!(write.delete_sessions_of("ada", None).await.unwrap(), 1);
    write.commit().await.unwrap();
}

pub(crate) async fn an_invitation_works_once_and_in_time(home: &Home) {
    let store = home.open().await;
    let (old, new) = ([1; 32], [2; 32]);
    let mut write = store.write().await.unwrap();
    write.insert_user(&user("Ed", Role::Editor)).await.unwrap();
    write.set_invitation("ed", &old, NOW.plus_ms(10)).await.unwrap();
    write.set_invitation("ED", &new, NOW.plus_ms(10)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.invitation(&new, NOW).await.unwrap().as_deref(), Some("Ed"));
    assert_eq!(store.invitation(&new, NOW.plus_ms(10)).await.unwrap(), None, "over");
    assert_eq!(store.invitation(&old, NOW).await.unwrap(), None, "replaced");

    let mut write = store.write().await.unwrap();
    assert_eq!(write.take_invitation(&old, NOW).await.unwrap(), None);
    assert_eq!(write.take_invitation(&new, NOW).await.unwrap().as_deref(), Some("Ed"));
    assert_eq!(write.take_invitation(&new, NOW).await.unwrap(), None);
    drop(write);
    let mut write = store.write().await.unwrap();
    write.delete_user("ed").await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.invitation(&new, NOW).await.unwrap(), None, "links go with their user");
    let mut write = store.write().await.unwrap();
    let stray = write.set_invitation("nobody", &old, NOW).await;
    assert!(matches!(stray, Err(StoreError::Referenced)));
}

pub(crate) async fn sealed_values_are_found_with_their_place_and_replaced(home: &Home) {
    let store = home.open().await;
    for name in ["a", "b", "c"] {
        insert(&store, &instance(name)).await.unwrap();
    }
    let mut write = store.write().await.unwrap();
    for name in ["a", "c"] {
        let id = InstanceId::from(format!("inst_{name}"));
        write.set_sealed_key(&id, Some(name.as_bytes()), None).await.unwrap();
    }
    write.set_key_check(&[1]).await.unwrap();
    let rows = write.sealed().await.unwrap();
    let told: Vec<_> = rows.iter().map(|it| (it.place(), it.blob.as_slice())).collect();
    let place = Place::instance_key;
    assert_eq!(told, [(place("inst_a"), &b"a"[..]), (place("inst_c"), &b"c"[..])]);
    for row in rows {
        write.replace_sealed(&row.with_blob(vec![7])).await.unwrap();
    }
    assert_eq!(write.key_check().await.unwrap(), Some(vec![1]));
    write.commit().await.unwrap();
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded.key_check, Some(vec![1]));
    assert!(loaded.sealed_keys.len() == 2 && loaded.sealed_keys.iter().all(|(_, blob)| blob == &[7]));
}
