"""What the server has acknowledged stays, whatever happens to it and however many read at once."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx2
import numpy as np
import pytest

from nodewise.reading.rounds import Round
from nodewise.steps.readings import planning, verification

PASSWORD = "correct horse battery"


def free_port():
    with socket.socket() as here:
        here.bind(("127.0.0.1", 0))
        return here.getsockname()[1]


class Served:
    """`nodewise serve` in a process of its own."""

    def __init__(self, folder):
        self.address = f"http://127.0.0.1:{free_port()}"
        code = "from nodewise.cli import main; main()"
        port = self.address.rsplit(":", 1)[1]
        command = [sys.executable, "-c", code, "serve", str(folder), "--port", port]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(300):
            try:
                httpx2.get(self.address + "/login")
                return
            except httpx2.TransportError:
                time.sleep(0.1)
        pytest.fail("the server did not start")

    def browser(self, name):
        client = httpx2.Client(base_url=self.address, follow_redirects=True, timeout=20)
        page = client.post("/login", data={"name": name, "password": PASSWORD}).text
        client.headers["x-csrf-token"] = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        return client

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def test_a_server_killed_in_the_middle_of_saving_loses_nothing_that_was_acknowledged(hospital):
    served, (code, *_) = Served(hospital.work.study.folder), hospital.codes()
    client = served.browser("anna")
    token = client.get(f"/read/{code}/case").json()["list"]
    killer = threading.Timer(0.8, served.kill)
    killer.start()
    acknowledged, revision = None, 0
    try:
        for number in range(100_000):
            answers = {"suspicion": 1 + number % 5, "note": str(number)}
            body = {"answers": answers, "revision": revision, "seconds": 0, "list": token}
            revision = client.put(f"/read/{code}/answers/0", json=body).json()["revision"]
            acknowledged = number
    except httpx2.TransportError:
        pass
    killer.join()
    assert acknowledged > 5
    kept = int(hospital.stored(code)["1"]["answers"]["note"])
    assert kept in (acknowledged, acknowledged + 1)
    assert verification.verify(hospital.work) == []


@pytest.mark.slow
def test_twenty_readers_at_once_lose_no_answer_and_wait_less_than_300_ms(hospital):
    names = [f"reader{number}" for number in range(20)]
    stored = hospital.room.people.password("anna")
    for name in names:
        hospital.room.people.add(name, "reader", password=stored, by="test")
    settings = {"name": "load", "part": "pilot", "form": "suspicion_v1", "shows": ["t2w"]}
    planning.plan(hospital.work, [Round.model_validate(settings)], readers=names, by="test")
    served = Served(hospital.work.study.folder)
    waits, last = [], {}

    def read(name):
        rng, (code, *_) = np.random.default_rng(len(name)), hospital.codes(name, "load")
        client, revisions, end = served.browser(name), [0, 0, 0], time.monotonic() + 60
        token = client.get(f"/read/{code}/case").json()["list"]
        while time.monotonic() < end:
            place = int(rng.integers(3))
            answers = {"suspicion": int(rng.integers(1, 6))}
            body = {"answers": answers, "revision": revisions[place], "seconds": 1, "list": token}
            begun = time.monotonic()
            answer = client.put(f"/read/{code}/answers/{place}", json=body)
            waits.append(time.monotonic() - begun)
            revisions[place] = answer.json()["revision"]
            last[code, str(place + 1)] = answers
            time.sleep(float(rng.uniform(0.5, 1.5)))

    readers = [threading.Thread(target=read, args=(name,)) for name in names]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    served.kill()
    for (code, subject), answers in last.items():
        assert hospital.stored(code)[subject]["answers"] == answers
    assert len(last) == 60
    assert np.quantile(waits, 0.95) < 0.3, (
        f"{len(waits)} saves, p95 {np.quantile(waits, 0.95):.3f} s"
    )
    assert verification.verify(hospital.work) == []
    print(f"{len(waits)} saves, p95 {np.quantile(waits, 0.95) * 1000:.0f} ms")
