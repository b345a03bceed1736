//! Causes and remedies that several rows share.

use super::Text;

/// A text in both languages.
pub(super) const fn text(en: &'static str, ja: &'static str) -> Text {
    Text { en, ja }
}

pub(super) const CREDENTIALS: Text = text(
    "No usable credentials: no role is attached to the instance, the role or key lacks permissions, the region or key is \
     wrong, or the settings belong to another user.",
    "有効な認証情報がありません。インスタンスに IAM ロールが割り当てられていない、権限が不足している、リージョンまたはアクセスキーが誤っている、あるいは別ユーザの設定になっている可能性があります。",
);
pub(super) const ENDPOINT: Text = text(
    "The service's endpoint in the region does not work or is under maintenance.",
    "リージョンのエンドポイントが障害またはメンテナンスにより停止しています。",
);
pub(super) const PATH: Text =
    text("The network path to the endpoint is disturbed.", "エンドポイントまでのネットワーク経路に障害があります。");
pub(super) const LOAD: Text = text("The server is overloaded.", "サーバの負荷が高くなっています。");
pub(super) const ROUTE: Text = text(
    "A wrong route table, NAT or proxy keeps the server from the endpoint.",
    "ルートテーブル、NAT、プロキシの誤りにより、サーバからエンドポイントに到達できません。",
);
pub(super) const THROTTLED: Text = text(
    "The account's call rate is used up, possibly by other programs in the same account and region.",
    "同じアカウント・リージョンの他のプログラムを含め、API の呼び出し回数が上限に達しています。",
);
pub(super) const SLOW_DNS: Text = text("Route 53 answers slowly.", "Route 53 の応答が遅延しています。");
pub(super) const SLOW_METADATA: Text = text(
    "The instance metadata service answers slowly, so credentials of the role come late.",
    "インスタンスメタデータサービスの応答が遅く、ロールの認証情報の取得に時間がかかっています。",
);
pub(super) const INTERNAL: Text = text(
    "A fault of the agent or of its AWS library; for imported settings, missing command-line tools.",
    "エージェントまたは AWS ライブラリの内部エラーです (移行した設定では、コマンドラインツールが不足している場合もあります)。",
);

pub(super) const FIX_CREDENTIALS: Text = text(
    "Check role, permissions and region: look at the role in the console, and call the service with the same credentials.",
    "IAM ロール、権限、リージョンを確認してください。コンソールでロールを確認し、同じ認証情報で API を呼び出して確かめてください。",
);
pub(super) const LESS_LOAD: Text =
    text("Find what loads the server and remove it.", "高負荷の原因を調べ、取り除いてください。");
pub(super) const CHECK_ROUTE: Text = text(
    "Check that NAT runs, that the route to it is set, that no filter drops the packets, and the proxy settings.",
    "NAT が動作しているか、NAT へのルートが設定されているか、パケットが遮断されていないか、プロキシの設定を確認してください。",
);
pub(super) const LONGER_TIMEOUT: Text = text(
    "Set the timeout to no less than the measured time of the call.",
    "タイムアウトを、実測した API 呼び出し時間以上に設定してください。",
);
pub(super) const REPORT: Text = text(
    "Look into the agent's log, and report it with the log if the cause is not there.",
    "エージェントのログを確認し、原因が分からない場合はログを添えて報告してください。",
);
pub(super) const FIX_INTERFACE: Text =
    text("Correct the interface id of that server.", "該当サーバの ENI ID を修正してください。");
pub(super) const IGNORE_MODE: Text = text(
    "If such warnings are frequent, set the monitor's mode to \"ignore\"; other errors are still found.",
    "警告が頻発する場合は、モニタの mode を \"ignore\" にしてください。その他の異常は引き続き検出されます。",
);
