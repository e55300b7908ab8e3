"""Who may do what: every route against every role, sessions, forged requests, guessing."""

from datetime import UTC, datetime, timedelta

from nodewise.reading.roles import MAY, Role

ROUTES = {
    ("GET", "/"): "public",
    ("GET", "/login"): "public",
    ("POST", "/login"): "public",
    ("POST", "/logout"): "be signed in",
    ("GET", "/worklist"): "read",
    ("GET", "/read/{code}"): "read",
    ("GET", "/read/{code}/case"): "read",
    ("GET", "/read/{code}/image/{panel}/{frame}"): "read",
    ("GET", "/read/{code}/overlay/{panel}"): "read",
    ("POST", "/read/{code}/curve/{panel}"): "read",
    ("PUT", "/read/{code}/answers/{place}"): "read",
    ("POST", "/read/{code}/sign"): "read",
    ("GET", "/read/{code}/feedback"): "read",
    ("GET", "/read/{code}/others"): "adjudicate",
    ("GET", "/mark"): "mark nodes",
    ("GET", "/mark/{code}"): "mark nodes",
    ("GET", "/mark/{code}/case"): "mark nodes",
    ("GET", "/mark/{code}/image/{panel}/{frame}"): "mark nodes",
    ("GET", "/mark/{code}/overlay/{panel}"): "mark nodes",
    ("POST", "/mark/{code}/curve/{panel}"): "mark nodes",
    ("POST", "/mark/{code}/grow/{panel}"): "mark nodes",
    ("POST", "/mark/{code}/measure/{panel}"): "mark nodes",
    ("PUT", "/mark/{code}/landmarks"): "mark nodes",
    ("POST", "/mark/{code}/nodes"): "mark nodes",
    ("PUT", "/mark/{code}/nodes/{region}"): "mark nodes",
    ("DELETE", "/mark/{code}/nodes/{region}"): "mark nodes",
    ("POST", "/mark/{code}/nodes/{region}/undo"): "mark nodes",
    ("GET", "/progress"): "see progress",
    ("GET", "/allocation"): "plan reading",
    ("POST", "/allocation/rounds"): "plan reading",
    ("POST", "/allocation/readers"): "plan reading",
    ("GET", "/score"): "freeze a score",
    ("POST", "/score/propose"): "freeze a score",
    ("POST", "/score/freeze"): "freeze a score",
    ("GET", "/pathology"): "enter pathology",
    ("GET", "/pathology/{participant}"): "enter pathology",
    ("POST", "/pathology/{participant}/levels"): "enter pathology",
    ("POST", "/pathology/{participant}/nodes"): "enter pathology",
    ("POST", "/pathology/{participant}/strike"): "enter pathology",
    ("GET", "/matching"): "enter pathology",
    ("GET", "/matching/{participant}"): "enter pathology",
    ("POST", "/matching/{participant}"): "enter pathology",
    ("GET", "/queries"): "query",
    ("POST", "/queries"): "query",
    ("POST", "/queries/{number}"): "query",
    ("GET", "/export"): "export",
    ("GET", "/export/{table}.{kind}"): "export",
    ("GET", "/export/truth/{table}.{kind}"): "export the truth",
    ("POST", "/progress/{code}/unlock"): "unlock",
    ("GET", "/audit"): "see the audit trail",
}
BODIES = {"PUT": {"answers": {}, "revision": 0, "seconds": 0}, "POST": {"password": "wrong"}}


def request(client, method, path, code="AAAAAAAA"):
    values = {"code": code, "panel": "0", "frame": "0", "place": "0", "participant": "P-1",
              "number": "1", "region": "r", "table": "nodes", "kind": "csv"}  # fmt: skip
    for name, value in values.items():
        path = path.replace("{" + name + "}", value)
    return client.request(method, path, json=BODIES.get(method))


def test_the_table_of_routes_and_deeds_is_the_application_s(hospital):
    assert {(method, path): deed for method, path, deed in hospital.routes()} == ROUTES


def test_every_role_gets_what_its_deeds_allow_and_nothing_else(hospital):
    for role in Role:
        client = hospital.client(str(role).split()[0])
        for (method, path), deed in ROUTES.items():
            if deed == "public" or path == "/logout":
                continue
            refused = request(client, method, path).status_code == 403
            assert refused == (role not in MAY[deed]), (role, method, path)


def test_a_stranger_gets_nothing(hospital):
    client = hospital.client()
    for (method, path), deed in ROUTES.items():
        if deed != "public":
            assert request(client, method, path).status_code == 401, path


def test_nobody_who_is_blinded_comes_near_the_truth():
    near = MAY["enter pathology"] | MAY["export the truth"] | MAY["freeze a score"]
    assert not MAY["read"] & near


def test_a_change_that_does_not_come_from_our_page_is_refused(hospital):
    wrong = {"x-csrf-token": ""}, {"x-csrf-token": "guess"}, {"origin": "http://evil.example"}
    for headers in wrong:
        client = hospital.client("anna")
        (code, *_) = hospital.codes()
        client.headers.update(headers)
        assert hospital.save(client, code).status_code == 403
        assert client.post(f"/read/{code}/sign", json={"password": "x"}).status_code == 403
        assert client.post("/logout").status_code == 403
        assert hospital.room.readings.answers(code, 1) == {}


def test_a_sign_in_from_another_site_is_refused(hospital):
    answer = hospital.client().post(
        "/login", data={"name": "anna", "password": "x"}, headers={"origin": "null"}
    )
    assert answer.status_code == 403


def test_the_session_s_cookie_is_out_of_reach_of_scripts_and_other_sites(hospital):
    answer = hospital.client().post(
        "/login", data={"name": "anna", "password": "correct horse battery"}
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_signing_out_ends_the_session_on_the_server(hospital):
    client = hospital.client("anna")
    cookies = dict(client.cookies)
    assert client.post("/logout").status_code == 303
    client.cookies.update(cookies)
    assert client.get("/worklist").status_code == 401


def test_a_session_left_alone_ends(hospital):
    for wait in (timedelta(minutes=31), timedelta(hours=13)):
        hospital.room.trail.clock = lambda: datetime.now(UTC)
        client = hospital.client("anna")
        assert client.get("/worklist").status_code == 200
        hospital.room.trail.clock = lambda wait=wait: datetime.now(UTC) + wait
        assert client.get("/worklist").status_code == 401


def test_guessing_passwords_is_slowed_down_even_with_the_right_one_at_last(hospital):
    client = hospital.client()
    tries = [
        client.post("/login", data={"name": "anna", "password": f"guess {n}"}) for n in range(6)
    ]
    assert [answer.status_code for answer in tries] == [401] * 5 + [429]
    right = client.post("/login", data={"name": "anna", "password": "correct horse battery"})
    assert right.status_code == 429
    assert right.headers["retry-after"] == "900"
    assert hospital.client("ben").get("/worklist").status_code == 200
    hospital.room.trail.clock = lambda: datetime.now(UTC) + timedelta(minutes=16)
    assert hospital.client("anna").get("/worklist").status_code == 200


def test_guessing_at_the_signature_is_slowed_down_too(hospital):
    client, (code, *_) = hospital.client("anna"), hospital.codes()
    tries = [client.post(f"/read/{code}/sign", json={"password": f"guess {n}"}) for n in range(6)]
    assert [answer.status_code for answer in tries] == [422] * 5 + [429]


def test_one_address_that_tries_many_names_has_to_wait(hospital):
    client = hospital.client()
    for number in range(30):
        hospital.room.people.failed(f"name {number}", "testclient")
    assert client.post("/login", data={"name": "anna", "password": "x"}).status_code == 429


def test_a_file_sent_where_a_text_belongs_is_refused_and_kept_nowhere(hospital):
    client, before = hospital.client("coordinator"), set(hospital.work.study.folder.rglob("*"))
    file = {"rule": ("../../key", b"0" * 1000, "text/plain")}
    assert client.post("/score/freeze", files=file).status_code == 422
    large = {"rule": ("rule.toml", b"0" * 300_000, "text/plain")}
    assert client.post("/score/freeze", files=large).status_code == 413
    assert client.post("/allocation/rounds", data={"a" * 300_000: "x"}).status_code == 413
    many = {f"field{number}": "x" for number in range(2000)}
    assert client.post("/queries", data=many).status_code in (400, 422)
    assert set(hospital.work.study.folder.rglob("*")) == before


def test_a_wrong_name_and_a_wrong_password_look_the_same(hospital):
    known = hospital.client().post("/login", data={"name": "anna", "password": "wrong"})
    unknown = hospital.client().post("/login", data={"name": "nina", "password": "wrong"})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("anna", "") == unknown.text.replace("nina", "")


OUTSIDE = [
    "/static/../app.py",
    "/static/%2e%2e/app.py",
    "/static/..%2f..%2fstore/study.py",
    "/static//etc/passwd",
    "/read/..%2f..%2fkey",
    "/read/AAAAAAAA/image/-1/0",
    "/read/AAAAAAAA/image/0/1e9",
    "/read/AAAAAAAA/image/..%2f0/0",
    "/docs",
    "/openapi.json",
]


def test_no_path_leads_out_of_the_pages(hospital):
    client = hospital.client("anna")
    for path in OUTSIDE:
        answer = client.get(path)
        assert answer.status_code in (404, 422), path
        assert hospital.canary not in answer.text


def test_every_answer_bears_the_security_headers(hospital):
    client = hospital.client("anna")
    for path in ("/worklist", "/static/read.js", "/nothing", f"/read/{hospital.codes()[0]}/case"):
        policy = client.get(path).headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy


def test_pages_hold_no_script_or_style_of_their_own(hospital):
    client = hospital.client("anna")
    for path in ("/worklist", f"/read/{hospital.codes()[0]}"):
        page = client.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert " on" not in {part[:3] for part in page.split("<")}
        assert page.count("<script") == page.count('<script type="module" src="/static/')


def test_a_body_that_is_too_long_is_refused_before_it_is_read(hospital):
    client, place = hospital.client("anna"), f"/read/{hospital.codes()[0]}/answers/0"
    for length in ("999999999", "x"):
        answer = client.put(place, content=b"{}", headers={"content-length": length})
        assert answer.status_code in (411, 413)


def test_a_host_name_that_is_not_ours_is_refused(hospital):
    answer = hospital.client().get("/login", headers={"host": "rebound.example"})
    assert answer.status_code == 400


def test_a_script_in_a_note_or_a_reason_is_shown_as_text(hospital):
    client = hospital.client("anna")
    for code in hospital.codes():
        hospital.finish(client, code)
    (code, *_) = hospital.codes(round_name="pilot")
    hospital.finish(client, code)
    chief = hospital.client("coordinator")
    bad = "<script>alert(1)</script>"
    assert (
        chief.post(f"/progress/{code}/unlock", data={"reason": bad, "csrf": chief.csrf}).status_code
        == 303
    )
    assert bad not in hospital.client("auditor").get("/audit").text
    assert bad not in hospital.client().post("/login", data={"name": bad, "password": "x"}).text


def test_two_studies_beside_each_other_cannot_see_each_other(hospital, another_hospital):
    other = another_hospital
    client, there = hospital.client("anna"), other.client("anna")
    there.cookies.clear()
    there.cookies.update(dict(client.cookies))
    assert there.get("/worklist").status_code == 401
    assert not set(hospital.codes()) & set(other.codes())
