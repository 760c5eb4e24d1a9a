"""The README.txt of a bundle: how anybody checks it, in Chinese and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.evidence.chain import ChainHead

_TEXT = """\
证据包说明 / ABOUT THIS EVIDENCE BUNDLE

盒子编号 box:        {box_id}
序号 sequence:       {sequence}
签名密钥 key id:     {key_id}

[中文]
本文件夹是一个违法行为的证据集。manifest.json 列出每个文件的 SHA-256 和 SM3 摘要、取证方法、时间、
设备、软件、模型、规则及其参数；manifest.sig.json 是对 manifest.json 全部字节的 Ed25519 签名；
items/ 中是证据材料。is_original 为 true 的是原件，其余为衍生件，并注明来源和处理方法。

核验（无需联网，需安装 Streetcase）：
    python -m pipeline.evidence.verify 本文件夹 --key-id 密钥编号
密钥编号请从设备登记机关另行取得，不要只用本文件夹中的编号。
程序依次说明哪些成立，并指出第一个不成立的文件；全部成立时退出码为 0。

不用 Streetcase 也可核验：
    用 sha256sum items/* 与 manifest.json 中的摘要比对；签名的核验步骤见 docs/evidence.md。
任何文件被修改、增加、删除或改名，核验都不会通过。

[English]
This folder is the evidence set of one act. manifest.json lists the SHA-256 and SM3 digest of every
file, how and when it was taken, device, software, model, rule and settings; manifest.sig.json is an
Ed25519 signature over all bytes of manifest.json; items/ holds the material. Items with is_original
true are originals; all others are derivatives and name their source and what was done.

To verify (offline, with Streetcase installed):
    python -m pipeline.evidence.verify THIS_FOLDER --key-id KEY_ID
Get the key id from the authority that registered the box, not from this folder alone.
The program says in order what holds and names the first file that does not; it exits with 0 only
if everything holds.

Without Streetcase:
    compare sha256sum items/* with the digests in manifest.json; docs/evidence.md shows how to check
    the signature with common tools.
A file that was changed, added, removed or renamed does not pass.
"""


def notice_text(*, box_id: str, link: ChainHead, key_id: str) -> bytes:
    """The text for the bundle that comes after `link` in the box's chain, as UTF-8."""
    return _TEXT.format(box_id=box_id, sequence=link.sequence + 1, key_id=key_id).encode("utf-8")
