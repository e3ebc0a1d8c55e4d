//! Has the server compiled anew when a migration comes or goes: the macro that takes them in sees changes of files, not
//! new ones.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
}
