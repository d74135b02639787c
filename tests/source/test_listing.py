import os
import subprocess
from pathlib import Path

import pytest

from beanstalk.errors import BeanstalkError, InvalidInput, NotFound, UsageError
from beanstalk.source.listing import Listing, Origin, list_project


def write(folder: Path, *paths: str) -> None:
    """Make files; the content is the path."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)


def git(folder: Path, *arguments: str) -> None:
    config = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always", "-c", "gc.auto=0")
    subprocess.run(["git", *config, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, subject: str = "First") -> None:
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", subject)


def packed(listing: Listing) -> list[str]:
    assert [file.path for file in listing.files] == sorted(row.path for row in listing.rows if row.included)
    return [file.path for file in listing.files]


def why(listing: Listing, path: str) -> str:
    [row] = [row for row in listing.rows if row.path == path]
    return row.why


def test_without_git_gitignore_is_honoured_in_every_folder_and_that_is_said(tmp_path: Path) -> None:
    write(tmp_path, "Procfile", "x.log", "lib/a.py", "lib/a.pyc", "lib/deep/b.pyc")
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "lib/.gitignore").write_text("*.pyc\n!b.pyc\n")
    listing = list_project(tmp_path)
    assert packed(listing) == [".gitignore", "Procfile", "lib/.gitignore", "lib/a.py", "lib/deep/b.pyc"]
    assert (listing.origin, listing.revision, listing.left_out) == (Origin.FOLDER, "", 0)
    assert why(listing, "lib/a.pyc") == "lib/.gitignore:1: *.pyc"
    assert why(listing, "lib/deep/b.pyc") == "lib/.gitignore:2: !b.pyc"
    assert why(listing, "Procfile") == "no rule leaves it out"
    assert "no git repository" in listing.notices[0]


def test_ebignore_packs_the_working_tree_of_a_repository_and_gitignore_is_not_asked(tmp_path: Path) -> None:
    write(tmp_path, "Procfile", "built.js", "secret", "new")
    (tmp_path / ".gitignore").write_text("built.js\n")
    commit(tmp_path)
    write(tmp_path, "new2")
    (tmp_path / ".ebignore").write_text("secret\n")
    listing = list_project(tmp_path, staged=True)
    assert packed(listing) == [".gitignore", "Procfile", "built.js", "new", "new2"]
    assert listing.origin is Origin.FOLDER and listing.left_out == 0 and len(listing.revision) >= 4
    assert listing.notices == (".ebignore decides: the working tree is packed, not the git index",)


def test_some_things_are_never_packed_even_when_a_rule_wants_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a",
        "a~",
        ".git/x",
        ".elasticbeanstalk/config.yml",
        "venv/pyvenv.cfg",
        "venv/lib/x",
        "old~/a",
        ".svn/x",
    )
    (tmp_path / ".ebignore").write_text("!a~\n!.git/\n!.elasticbeanstalk/**\n!venv/\n!.ebignore\n")
    listing = list_project(tmp_path, working_tree=True)
    assert packed(listing) == ["a"]
    left_out = {row.path for row in listing.rows if not row.included}
    assert left_out == {"a~", ".git/", ".elasticbeanstalk/", "venv/", "old~/", ".svn/", ".ebignore"}
    assert why(listing, "venv/") == "never packed: a virtual environment (pyvenv.cfg)"


def test_ignored_folders_are_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a", "node_modules/x/y", "kept/z")
    (tmp_path / ".gitignore").write_text("node_modules/\n!node_modules/x/y\n")
    entered: list[str] = []
    scandir = os.scandir

    def watched(path: Path) -> object:
        entered.append(os.path.relpath(path, tmp_path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    listing = list_project(tmp_path)
    assert sorted(entered) == [".", "kept"]
    assert why(listing, "node_modules/") == ".gitignore:1: node_modules/"


def test_links_are_listed_as_links_and_folders_behind_them_are_not_walked(tmp_path: Path) -> None:
    write(tmp_path, "real/a")
    (tmp_path / "alias").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    listing = list_project(tmp_path)
    assert packed(listing) == ["alias", "real/a"]
    assert why(listing, "pipe") == "neither a file nor a symbolic link"


def test_of_a_repository_the_commit_is_packed_and_changes_are_counted(tmp_path: Path) -> None:
    write(tmp_path, "same", "changed", "gone", ".elasticbeanstalk/config.yml", ".gitignore")
    (tmp_path / ".gitignore").write_text("*.log\n")
    commit(tmp_path, "Subject of the commit")
    write(tmp_path, "new/one", "new/two", "x.log", "copy~")
    (tmp_path / "changed").write_text("more")
    (tmp_path / "gone").unlink()
    listing = list_project(tmp_path)
    assert packed(listing) == [".gitignore", "changed", "gone", "same"]
    assert (listing.origin, listing.subject, listing.left_out) == (Origin.HEAD, "Subject of the commit", 4)
    assert why(listing, "changed") == "committed in HEAD; newer changes stay out"
    assert why(listing, "new/one") == "not in git HEAD"
    assert why(listing, "x.log") == ".gitignore:1: *.log"
    assert why(listing, ".elasticbeanstalk/config.yml").startswith("never packed")


def test_staged_packs_the_index(tmp_path: Path) -> None:
    write(tmp_path, "a")
    commit(tmp_path)
    write(tmp_path, "staged", "untracked")
    git(tmp_path, "add", "staged")
    listing = list_project(tmp_path, staged=True)
    assert packed(listing) == ["a", "staged"]
    assert (listing.origin, listing.left_out) == (Origin.STAGED, 1)
    assert why(listing, "staged") == "in the git index"


def test_a_project_below_the_top_of_its_repository_is_packed_alone(tmp_path: Path) -> None:
    write(tmp_path, "README", "apps/one/Procfile", "apps/one/lib/x", "apps/two/Procfile")
    commit(tmp_path)
    write(tmp_path, "new", "apps/one/new", "apps/two/new")
    listing = list_project(tmp_path / "apps/one")
    assert packed(listing) == ["Procfile", "lib/x"]
    assert listing.left_out == 1
    assert packed(list_project(tmp_path / "apps/one", working_tree=True)) == ["Procfile", "lib/x", "new"]


def test_names_of_any_kind_come_out_of_git_as_they_are(tmp_path: Path) -> None:
    names = ["a b", "grün", 'quo"te', "-dash", "tab\tname"]
    write(tmp_path, *names)
    commit(tmp_path)
    assert packed(list_project(tmp_path)) == sorted(names)


def test_the_working_tree_on_demand_is_what_git_does_not_ignore(tmp_path: Path) -> None:
    write(tmp_path, "a", "forced.log", "gone")
    (tmp_path / ".gitignore").write_text("*.log\nbuild/\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "forced.log")
    commit(tmp_path)
    write(tmp_path, "new", "other.log", "build/x")
    (tmp_path / "gone").unlink()
    listing = list_project(tmp_path, working_tree=True)
    assert packed(listing) == [".gitignore", "a", "forced.log", "new"]
    assert why(listing, "build/") == ".gitignore:2: build/"
    assert (listing.origin, listing.left_out, listing.subject) == (Origin.FOLDER, 0, "First")


def test_submodules_are_packed_at_the_commit_that_is_recorded(tmp_path: Path) -> None:
    write(tmp_path / "library", "code")
    commit(tmp_path / "library")
    write(tmp_path / "app", "Procfile")
    git(tmp_path / "app", "init", "-q")
    git(tmp_path / "app", "submodule", "add", "-q", str(tmp_path / "library"), "lib")
    commit(tmp_path / "app")
    assert packed(list_project(tmp_path / "app")) == [".gitmodules", "Procfile", "lib/code"]
    git(tmp_path, "clone", "-q", "app", "clone")
    with pytest.raises(BeanstalkError, match="submodule is not here"):
        list_project(tmp_path / "clone")


def test_a_folder_that_its_repository_ignores_is_no_part_of_it(tmp_path: Path) -> None:
    write(tmp_path, "a", "tmp/app/Procfile")
    (tmp_path / ".gitignore").write_text("tmp/\n")
    commit(tmp_path)
    listing = list_project(tmp_path / "tmp/app")
    assert packed(listing) == ["Procfile"] and listing.revision == ""


def test_the_index_of_a_hook_is_not_taken_for_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, f"of-{name}")
        commit(tmp_path / name)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "one/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "one/.git/index"))
    assert packed(list_project(tmp_path / "two")) == ["of-two"]


def test_what_cannot_be_listed_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such folder"):
        list_project(tmp_path / "absent")
    with pytest.raises(InvalidInput, match="no file is left"):
        list_project(tmp_path)
    write(tmp_path, "a")
    with pytest.raises(UsageError, match="git init"):
        list_project(tmp_path, staged=True)
    with pytest.raises(UsageError, match="not both"):
        list_project(tmp_path, staged=True, working_tree=True)
    git(tmp_path, "init", "-q")
    with pytest.raises(InvalidInput, match="commit your files"):
        list_project(tmp_path)


def test_a_broken_pattern_is_told_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "a")
    (tmp_path / ".ebignore").write_text("fine\nbroken\\\n")
    with pytest.raises(InvalidInput, match=r"\.ebignore:2: the pattern"):
        list_project(tmp_path)


def test_an_unreadable_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a", "closed/b")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InvalidInput, match="closed/: cannot read the folder: Permission denied"):
        list_project(tmp_path)


def test_export_ignore_keeps_files_and_folders_out_of_what_git_gives(tmp_path: Path) -> None:
    write(tmp_path, "app/a", "app/notes.md", "app/tests/x/y", "app/docs/z")
    (tmp_path / ".gitattributes").write_text("*.md export-ignore\ntests export-ignore\n/app/docs/ export-ignore\n")
    commit(tmp_path)
    listing = list_project(tmp_path / "app")
    assert packed(listing) == ["a"]
    assert why(listing, "tests/x/y") == "export-ignore in .gitattributes"


def test_a_home_of_ours_inside_the_project_is_never_packed(tmp_path):
    (tmp_path / "app.py").write_text("")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "beanstalk.db").write_text("secret")
    listing = list_project(tmp_path)
    assert [file.path for file in listing.files] == ["app.py"]
