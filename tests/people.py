"""The people of the fixtures: what must never be found in clear in any file that a suite wrote."""

NAMES = ("王小明", "李小红", "张伟", "陈静", "赵磊", "Maria Rossi")
PHONES = ("+86 138 0013 8000", "+86 139 1111 2222")
EMAILS = ("xiaoming@example.com", "xiaohong@example.com", "safe.contact@example.net")
TEXTS = (
    "充值 500 元未到账",
    "提现三天了还在审核",
    "我的账户被盗了",
    "商家说已经退款",
    "白条账单不是我消费的",
    "你们这帮骗子",
    "T20251122-0001",
    "PBC-2025-77",
    "LEDGER-REF-4711",
)

EVERYTHING = NAMES + PHONES + EMAILS + TEXTS
