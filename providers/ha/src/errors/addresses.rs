//! Rows 1 to 16: what all have in common, virtual IP addresses, Elastic IP addresses.

use super::texts::{
    CHECK_ROUTE, CREDENTIALS, ENDPOINT, FIX_CREDENTIALS, FIX_INTERFACE, INTERNAL, LESS_LOAD, LOAD, PATH, REPORT, ROUTE,
    THROTTLED, text,
};
use super::{Problem, Row, Subject};

pub(super) const ROWS: &[Row] = &[
    Row {
        problem: Problem::NothingStarts,
        number: Some(1),
        code: None,
        subject: Subject::All,
        message: text("No resource or monitor that uses AWS starts", "AWS 関連のリソースやモニタが起動しません"),
        causes: &[
            text(
                "The environment of the service has changed since it was started.",
                "サービスの起動後に実行環境が変更されています。",
            ),
            CREDENTIALS,
        ],
        remedies: &[
            text(
                "Restart the service, or the machine, after changes to its environment.",
                "環境を変更した後は、サービスまたは OS を再起動してください。",
            ),
            FIX_CREDENTIALS,
        ],
    },
    Row {
        problem: Problem::VipInternal,
        number: Some(2),
        code: Some(99),
        subject: Subject::VirtualIp,
        message: text("Internal error: {reason}", "内部エラーが発生しました: {reason}"),
        causes: &[INTERNAL],
        remedies: &[REPORT],
    },
    Row {
        problem: Problem::VipCall,
        number: Some(3),
        code: Some(5),
        subject: Subject::VirtualIp,
        message: text("An AWS call failed: {reason}", "AWS の API 呼び出しに失敗しました: {reason}"),
        causes: &[
            CREDENTIALS,
            ENDPOINT,
            PATH,
            LOAD,
            THROTTLED,
            text("The VPC or interface id is wrong.", "VPC ID または ENI ID が誤っています。"),
        ],
        remedies: &[FIX_CREDENTIALS, LESS_LOAD, text("Correct the ids.", "ID を修正してください。")],
    },
    Row {
        problem: Problem::VipVpc,
        number: Some(4),
        code: Some(5),
        subject: Subject::VirtualIp,
        message: text("The vpc ID '{id}' does not exist", "VPC ID '{id}' は存在しません"),
        causes: &[text("The VPC id is wrong, or the VPC is gone.", "VPC ID が誤っているか、VPC が存在しません。")],
        remedies: &[text("Correct the VPC id.", "VPC ID を修正してください。")],
    },
    Row {
        problem: Problem::VipInterface,
        number: Some(5),
        code: Some(5),
        subject: Subject::VirtualIp,
        message: text(
            "The networkInterface ID '{id}' does not exist",
            "ネットワークインターフェイス ID '{id}' は存在しません",
        ),
        causes: &[text(
            "The interface id is wrong, or the interface is gone.",
            "ENI ID が誤っているか、ENI が存在しません。",
        )],
        remedies: &[FIX_INTERFACE],
    },
    Row {
        problem: Problem::VipDenied,
        number: Some(6),
        code: Some(5),
        subject: Subject::VirtualIp,
        message: text(
            "You are not authorized to change these route tables: {tables}",
            "次のルートテーブルを変更する権限がありません: {tables}",
        ),
        causes: &[text(
            "The policy limits ReplaceRoute to some route tables, and one that has the virtual IP address is not among them.",
            "ポリシーで ReplaceRoute の対象ルートテーブルが限定されており、仮想 IP のエントリを持つルートテーブルが含まれていません。",
        )],
        remedies: &[text(
            "Allow ReplaceRoute for all route tables of the VPC that have the virtual IP address: all of them are updated.",
            "仮想 IP のエントリを持つ VPC 内のすべてのルートテーブルについて ReplaceRoute を許可してください。更新対象はそれらすべてです。",
        )],
    },
    Row {
        problem: Problem::VipTimeout,
        number: Some(7),
        code: Some(6),
        subject: Subject::VirtualIp,
        message: text(
            "An AWS call was not answered in time: {reason}",
            "AWS の API 呼び出しがタイムアウトしました: {reason}",
        ),
        causes: &[ROUTE, LOAD],
        remedies: &[CHECK_ROUTE, LESS_LOAD],
    },
    Row {
        problem: Problem::VipInVpc,
        number: Some(8),
        code: Some(7),
        subject: Subject::VirtualIp,
        message: text(
            "The address {ip} lies inside of {cidr}, a CIDR block of the VPC",
            "アドレス {ip} は VPC の CIDR ブロック {cidr} に含まれています",
        ),
        causes: &[text(
            "The virtual IP address is one of the VPC's own addresses.",
            "仮想 IP アドレスが VPC の CIDR の範囲内です。",
        )],
        remedies: &[text(
            "Choose an address outside of all CIDR blocks of the VPC, secondary ones too.",
            "セカンダリを含む VPC のすべての CIDR の範囲外のアドレスを指定してください。",
        )],
    },
    Row {
        problem: Problem::VipCheck,
        number: Some(9),
        code: None,
        subject: Subject::VirtualIp,
        message: text(
            "The source/destination check of {id} is on: packets to the virtual IP address are dropped",
            "{id} の送信元/送信先チェックが有効なため、仮想 IP 宛のパケットが破棄されます",
        ),
        causes: &[text(
            "The source/destination check of the interface is on.",
            "ネットワークインターフェイスの送信元/送信先チェックが有効になっています。",
        )],
        remedies: &[text(
            "Turn it off on the interface of every server.",
            "すべてのサーバの ENI で送信元/送信先チェックを無効にしてください。",
        )],
    },
    Row {
        problem: Problem::VipRoute,
        number: Some(10),
        code: Some(8),
        subject: Subject::VirtualIp,
        message: text("The routes of {ip} were changed: {targets}", "{ip} のルーティングが変更されています: {targets}"),
        causes: &[text(
            "The target of the route was changed to another interface.",
            "ルートのターゲットが別の ENI に変更されています。",
        )],
        remedies: &[text(
            "Restarting the resource corrects the target by itself. Check that no other cluster uses the address.",
            "リソースの再起動によりターゲットは自動的に修正されます。他のクラスタが同じアドレスを使用していないか確認してください。",
        )],
    },
    Row {
        problem: Problem::EipInternal,
        number: Some(11),
        code: Some(99),
        subject: Subject::ElasticIp,
        message: text("Internal error: {reason}", "内部エラーが発生しました: {reason}"),
        causes: &[INTERNAL],
        remedies: &[REPORT],
    },
    Row {
        problem: Problem::EipCall,
        number: Some(12),
        code: Some(5),
        subject: Subject::ElasticIp,
        message: text("An AWS call failed: {reason}", "AWS の API 呼び出しに失敗しました: {reason}"),
        causes: &[
            CREDENTIALS,
            ENDPOINT,
            PATH,
            LOAD,
            THROTTLED,
            text("The allocation or interface id is wrong.", "アロケーション ID または ENI ID が誤っています。"),
        ],
        remedies: &[FIX_CREDENTIALS, LESS_LOAD, text("Correct the ids.", "ID を修正してください。")],
    },
    Row {
        problem: Problem::EipAllocation,
        number: Some(13),
        code: Some(5),
        subject: Subject::ElasticIp,
        message: text("The allocation ID '{id}' does not exist", "アロケーション ID '{id}' は存在しません"),
        causes: &[text(
            "The allocation id is wrong, or the address was released.",
            "アロケーション ID が誤っているか、アドレスが解放されています。",
        )],
        remedies: &[text("Correct the allocation id.", "アロケーション ID を修正してください。")],
    },
    Row {
        problem: Problem::EipInterface,
        number: Some(14),
        code: Some(5),
        subject: Subject::ElasticIp,
        message: text(
            "The networkInterface ID '{id}' does not exist",
            "ネットワークインターフェイス ID '{id}' は存在しません",
        ),
        causes: &[text(
            "The interface id is wrong, or the interface is gone.",
            "ENI ID が誤っているか、ENI が存在しません。",
        )],
        remedies: &[FIX_INTERFACE],
    },
    Row {
        problem: Problem::EipTimeout,
        number: Some(15),
        code: Some(6),
        subject: Subject::ElasticIp,
        message: text(
            "An AWS call was not answered in time: {reason}",
            "AWS の API 呼び出しがタイムアウトしました: {reason}",
        ),
        causes: &[ROUTE, LOAD],
        remedies: &[
            text(
                "Check that every server has a public address of its own and reaches the endpoint.",
                "各サーバにパブリック IP が割り当てられ、エンドポイントに到達できることを確認してください。",
            ),
            CHECK_ROUTE,
            LESS_LOAD,
        ],
    },
    Row {
        problem: Problem::EipGone,
        number: Some(16),
        code: Some(7),
        subject: Subject::ElasticIp,
        message: text(
            "The Elastic IP address is not on the server (allocation {id}, now on {held})",
            "Elastic IP アドレスがサーバに割り当てられていません (アロケーション {id}、現在の割り当て先 {held})",
        ),
        causes: &[text(
            "The association between interface and address was removed or moved.",
            "ENI と Elastic IP の関連付けが解除または変更されています。",
        )],
        remedies: &[text(
            "Restarting the resource associates it again by itself. Check that no other cluster uses the allocation.",
            "リソースの再起動により自動的に再関連付けされます。他のクラスタが同じアロケーションを使用していないか確認してください。",
        )],
    },
];
