//! Rows 17 to 29: records and availability zones.

use super::texts::{
    CHECK_ROUTE, CREDENTIALS, ENDPOINT, FIX_CREDENTIALS, IGNORE_MODE, INTERNAL, LESS_LOAD, LOAD, LONGER_TIMEOUT, PATH,
    REPORT, ROUTE, SLOW_DNS, SLOW_METADATA, THROTTLED, text,
};
use super::{Problem, Row, Subject, Text};

const OTHER_CLUSTER: Text = text(
    "Check that no other cluster uses the record.",
    "他のクラスタが同じレコードを使用していないか確認してください。",
);
const ZONE_ASSOCIATED: Text = text(
    "The private hosted zone is not associated with the servers' VPC, or DNS support of the VPC is off.",
    "プライベートホストゾーンがサーバの VPC に関連付けられていないか、VPC の DNS サポートが無効です。",
);
const ASSOCIATE_ZONE: Text = text(
    "Associate the zone with the VPC and turn on its DNS support, or use a resolver that knows the zone.",
    "ホストゾーンを VPC に関連付け、DNS サポートを有効にするか、そのゾーンを解決できるリゾルバを使用してください。",
);
const FASTER_METADATA: Text = text(
    "Measure how long the metadata service takes; the agent keeps credentials, so only their renewal can be late.",
    "メタデータサービスの応答時間を計測してください。認証情報は保持されるため、影響するのは更新時のみです。",
);

pub(super) const ROWS: &[Row] = &[
    Row {
        problem: Problem::DnsInternal,
        number: Some(17),
        code: Some(99),
        subject: Subject::Dns,
        message: text("Internal error: {reason}", "内部エラーが発生しました: {reason}"),
        causes: &[INTERNAL],
        remedies: &[REPORT],
    },
    Row {
        problem: Problem::DnsCall,
        number: Some(18),
        code: Some(5),
        subject: Subject::Dns,
        message: text("An AWS call failed: {reason}", "AWS の API 呼び出しに失敗しました: {reason}"),
        causes: &[
            CREDENTIALS,
            ENDPOINT,
            PATH,
            LOAD,
            THROTTLED,
            text("The record set is not valid.", "リソースレコードセットの指定が正しくありません。"),
            ZONE_ASSOCIATED,
            text("The name has upper-case letters.", "DNS 名に大文字が含まれています。"),
            text(
                "The server has VPC endpoints only, and Route 53 is not behind them.",
                "サーバからの通信が VPC エンドポイントのみで、Route 53 に到達できません。",
            ),
        ],
        remedies: &[
            FIX_CREDENTIALS,
            ASSOCIATE_ZONE,
            text("Write the name in lower case.", "DNS 名は小文字で指定してください。"),
            text(
                "Give the server a NAT gateway, NAT instance or proxy besides its VPC endpoints.",
                "VPC エンドポイントに加え、NAT ゲートウェイ、NAT インスタンス、プロキシのいずれかを用意してください。",
            ),
            LESS_LOAD,
        ],
    },
    Row {
        problem: Problem::DnsZone,
        number: Some(19),
        code: Some(5),
        subject: Subject::Dns,
        message: text("No hosted zone found with ID: {id}", "ホストゾーン ID {id} が見つかりません"),
        causes: &[text(
            "The id of the hosted zone is wrong, or the zone is gone.",
            "ホストゾーン ID が誤っているか、ホストゾーンが存在しません。",
        )],
        remedies: &[text("Correct the id of the hosted zone.", "ホストゾーン ID を修正してください。")],
    },
    Row {
        problem: Problem::DnsTimeout,
        number: Some(20),
        code: Some(6),
        subject: Subject::Dns,
        message: text(
            "An AWS call was not answered in time: {reason}",
            "AWS の API 呼び出しがタイムアウトしました: {reason}",
        ),
        causes: &[ROUTE, LOAD, SLOW_DNS, SLOW_METADATA],
        remedies: &[CHECK_ROUTE, LESS_LOAD, LONGER_TIMEOUT, FASTER_METADATA],
    },
    Row {
        problem: Problem::DnsLate,
        number: Some(21),
        code: None,
        subject: Subject::Dns,
        message: text(
            "The resource is active and clients still do not reach it by its name",
            "リソースは起動していますが、クライアントの名前解決に時間がかかります",
        ),
        causes: &[
            text(
                "A change takes up to 60 seconds to reach all servers of Route 53.",
                "Route 53 の全サーバに変更が反映されるまで最大 60 秒かかります。",
            ),
            text("A resolver keeps the old answer.", "リゾルバが古い応答を保持しています。"),
            text(
                "The record is deleted and made again at a failover, and its absence is remembered.",
                "フェイルオーバ時にレコードが削除・再作成され、不在の応答がキャッシュされています。",
            ),
            text("The time to live of the record is long.", "レコードの TTL が長く設定されています。"),
            text(
                "The monitor looks too early, and the resolver remembers that there is no such name.",
                "モニタの監視開始待ち時間が短く、名前が存在しないという応答がキャッシュされています。",
            ),
        ],
        remedies: &[
            text("Check the resolver's settings.", "リゾルバの設定を確認してください。"),
            text(
                "Turn off delete_on_deactivate, set a shorter time to live and a longer start delay of the monitor.",
                "delete_on_deactivate を無効にし、TTL を短く、モニタの監視開始待ち時間を長くしてください。",
            ),
        ],
    },
    Row {
        problem: Problem::DnsGone,
        number: Some(22),
        code: Some(7),
        subject: Subject::Dns,
        message: text(
            "The record set {name} does not exist in zone {zone}",
            "ホストゾーン {zone} にリソースレコードセット {name} が存在しません",
        ),
        causes: &[
            text("The record set was deleted.", "リソースレコードセットが削除されています。"),
            text(
                "The monitor looked before the change had reached all servers of Route 53.",
                "Route 53 への反映前に監視が行われました。",
            ),
            text(
                "The permission to change or list record sets is missing.",
                "レコードセットの変更または一覧取得の権限がありません。",
            ),
            ZONE_ASSOCIATED,
        ],
        remedies: &[
            OTHER_CLUSTER,
            text(
                "Set the monitor's start delay to more than the time of propagation.",
                "モニタの監視開始待ち時間を反映時間より長く設定してください。",
            ),
            FIX_CREDENTIALS,
            ASSOCIATE_ZONE,
        ],
    },
    Row {
        problem: Problem::DnsChanged,
        number: Some(23),
        code: Some(8),
        subject: Subject::Dns,
        message: text(
            "The record set {name} has {found} in place of {wanted}",
            "リソースレコードセット {name} に設定と異なる IP アドレスが登録されています (設定 {wanted}、登録 {found})",
        ),
        causes: &[text(
            "The address of the record set was changed.",
            "レコードセットの IP アドレスが変更されています。",
        )],
        remedies: &[OTHER_CLUSTER],
    },
    Row {
        problem: Problem::DnsUnresolved,
        number: Some(24),
        code: Some(9),
        subject: Subject::Dns,
        message: text("The name {name} does not resolve: {reason}", "{name} の名前解決に失敗しました: {reason}"),
        causes: &[text(
            "The server's resolver gives no address for the name.",
            "サーバのリゾルバで名前解決ができません。",
        )],
        remedies: &[text(
            "Check the resolver and the network; for a public zone, that the registrar names the name servers of Route 53.",
            "リゾルバの設定とネットワークを確認してください。パブリックゾーンの場合は、レジストラの NS レコードが Route 53 を指しているか確認してください。",
        )],
    },
    Row {
        problem: Problem::DnsWrongAnswer,
        number: Some(25),
        code: Some(10),
        subject: Subject::Dns,
        message: text(
            "The name {name} resolves to {found} in place of {wanted}",
            "{name} の名前解決の結果が設定と異なります (設定 {wanted}、結果 {found})",
        ),
        causes: &[text("The server's resolver gives another address.", "リゾルバが異なるアドレスを返しています。")],
        remedies: &[text(
            "Check the resolver's settings, and that the hosts file has no entry of that name.",
            "リゾルバの設定と、hosts ファイルに同じ名前の登録がないことを確認してください。",
        )],
    },
    Row {
        problem: Problem::DnsMonitorTimeout,
        number: Some(26),
        code: Some(6),
        subject: Subject::Dns,
        message: text(
            "A look at the record was not answered in time: {reason}",
            "レコードの確認がタイムアウトしました: {reason}",
        ),
        causes: &[ROUTE, LOAD, SLOW_DNS, SLOW_METADATA],
        remedies: &[CHECK_ROUTE, LESS_LOAD, LONGER_TIMEOUT, FASTER_METADATA, IGNORE_MODE],
    },
    Row {
        problem: Problem::ZoneCall,
        number: Some(27),
        code: Some(5),
        subject: Subject::Zone,
        message: text("An AWS call failed: {reason}", "AWS の API 呼び出しに失敗しました: {reason}"),
        causes: &[CREDENTIALS, ENDPOINT, PATH, LOAD, THROTTLED],
        remedies: &[FIX_CREDENTIALS, LESS_LOAD, IGNORE_MODE],
    },
    Row {
        problem: Problem::ZoneInvalid,
        number: Some(28),
        code: Some(5),
        subject: Subject::Zone,
        message: text("Invalid availability zone: [{id}]", "アベイラビリティーゾーンが正しくありません: [{id}]"),
        causes: &[text("The name of the zone is wrong.", "アベイラビリティーゾーンの指定が誤っています。")],
        remedies: &[text(
            "Correct the zone of that server.",
            "該当サーバのアベイラビリティーゾーンを修正してください。",
        )],
    },
    Row {
        problem: Problem::ZoneTimeout,
        number: Some(29),
        code: Some(6),
        subject: Subject::Zone,
        message: text(
            "A look at the zone was not answered in time: {reason}",
            "ゾーンの確認がタイムアウトしました: {reason}",
        ),
        causes: &[ROUTE, LOAD],
        remedies: &[CHECK_ROUTE, LONGER_TIMEOUT, LESS_LOAD],
    },
];
