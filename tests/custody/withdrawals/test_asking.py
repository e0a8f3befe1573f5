from tests.custody.cast import ask, custody_settings, prove


def test_smoke(desk, alice, settings):
    custody_settings(settings, MAIL="if_known")
    prove(alice)
    r = ask(alice)
    print(r.status_code, r.json())
    r = alice.get("/v1/withdrawals")
    print(r.json())
    r = alice.get("/v1/withdrawals/terms")
    print(r.json())
    desk.run()
    r = alice.get("/v1/withdrawals")
    print(r.json())
    print(desk.engine.client.query("balances", alice.account).value)
    assert 0
