//! What the guide's chapter does not have, with codes from 201.

use super::texts::{REPORT, text};
use super::{Problem, Row, Subject};

pub(super) const ROWS: &[Row] = &[
    Row {
        problem: Problem::VipNotLocal,
        number: None,
        code: Some(7),
        subject: Subject::VirtualIp,
        message: text("The address {ip} is not on the server", "アドレス {ip} がサーバに存在しません"),
        causes: &[text(
            "Something on the server, such as its network scripts, has removed the address.",
            "ネットワーク設定スクリプトなどにより、サーバからアドレスが削除されています。",
        )],
        remedies: &[text(
            "Restarting the resource adds it again. Keep other programs from that address.",
            "リソースの再起動により再度追加されます。他のプログラムが該当アドレスを操作しないようにしてください。",
        )],
    },
    Row {
        problem: Problem::VipNoRoute,
        number: None,
        code: Some(201),
        subject: Subject::VirtualIp,
        message: text(
            "No route table of {vpc} has a route to {destination}",
            "{vpc} のルートテーブルに {destination} へのルートがありません",
        ),
        causes: &[text(
            "The route was never made, or it was deleted. Activation changes routes and makes none.",
            "ルートが作成されていないか削除されています。活性化ではルートの変更のみを行い、作成は行いません。",
        )],
        remedies: &[text(
            "Add the route to every route table whose subnets have clients, and apply.",
            "クライアントが存在するサブネットのルートテーブルにルートを追加し、apply を実行してください。",
        )],
    },
    Row {
        problem: Problem::WrongInterface,
        number: None,
        code: Some(202),
        subject: Subject::Group,
        message: text(
            "The interface {id} does not fit {server}: {reason}",
            "ENI {id} は {server} に適合しません: {reason}",
        ),
        causes: &[text(
            "The interface is in another network or attached to another instance than the manifest says.",
            "ENI がマニフェストと異なる VPC またはインスタンスに接続されています。",
        )],
        remedies: &[text(
            "Correct the interface or instance id of that server.",
            "該当サーバの ENI ID またはインスタンス ID を修正してください。",
        )],
    },
    Row {
        problem: Problem::EipOccupied,
        number: None,
        code: Some(203),
        subject: Subject::ElasticIp,
        message: text(
            "The interface {id} has another Elastic IP address, {held}, which would be displaced",
            "ENI {id} には別の Elastic IP アドレス {held} が割り当てられており、置き換えられてしまいます",
        ),
        causes: &[text(
            "Another allocation is associated with the same private address.",
            "同じプライベートアドレスに別のアロケーションが関連付けられています。",
        )],
        remedies: &[text(
            "Disassociate the other address, or give the group an interface of its own.",
            "別のアドレスの関連付けを解除するか、グループ専用の ENI を指定してください。",
        )],
    },
    Row {
        problem: Problem::DnsNoValue,
        number: None,
        code: Some(204),
        subject: Subject::Dns,
        message: text("The record has no address for {server}", "{server} のレコード値が指定されていません"),
        causes: &[text(
            "The manifest gives that server no address.",
            "マニフェストに該当サーバのアドレスがありません。",
        )],
        remedies: &[text("Give every server an address.", "すべてのサーバにアドレスを指定してください。")],
    },
    Row {
        problem: Problem::ZoneDisturbed,
        number: None,
        code: Some(205),
        subject: Subject::Zone,
        message: text("The availability zone {id} is {state}", "アベイラビリティーゾーン {id} の状態は {state} です"),
        causes: &[text("AWS reports a disturbance in the zone.", "AWS がゾーンの障害を報告しています。")],
        remedies: &[text(
            "Look at the AWS Health Dashboard, and move the group with \"plumb ha move\" if its server suffers.",
            "AWS Health Dashboard を確認し、影響がある場合は \"plumb ha move\" でグループを移動してください。",
        )],
    },
    Row {
        problem: Problem::Superseded,
        number: None,
        code: Some(211),
        subject: Subject::Group,
        message: text(
            "Epoch {epoch} has ended: {holder} has the group with epoch {newer}",
            "エポック {epoch} は終了しています。{holder} がエポック {newer} でグループを保持しています",
        ),
        causes: &[text(
            "Another server or command took over while this one was away or slow.",
            "この処理が停止または遅延している間に、別のサーバまたはコマンドが引き継ぎました。",
        )],
        remedies: &[text(
            "Nothing: what was not yet written is not written any more. \"plumb ha status\" shows who has the group.",
            "対処は不要です。未実行の書き込みは行われません。\"plumb ha status\" で現在の状態を確認してください。",
        )],
    },
    Row {
        problem: Problem::MaybeActiveElsewhere,
        number: None,
        code: Some(212),
        subject: Subject::Group,
        message: text(
            "The group may be active on {server}: {reason}",
            "グループが {server} で稼働している可能性があります: {reason}",
        ),
        causes: &[text(
            "The server does not say that it is inactive, and nothing proves that it is down.",
            "サーバから停止の確認が得られず、停止していることも証明できません。",
        )],
        remedies: &[text(
            "Stop the group or the instance there first, or configure an arbiter or forced stop.",
            "先に該当サーバのグループまたはインスタンスを停止するか、アービタまたは強制停止を設定してください。",
        )],
    },
    Row {
        problem: Problem::NeedsAgents,
        number: None,
        code: Some(213),
        subject: Subject::Group,
        message: text(
            "{resources} can be moved by the servers' agents only",
            "{resources} はサーバのエージェントのみが移動できます",
        ),
        causes: &[text(
            "Disks and programs are on the servers, and no agent could be asked.",
            "ディスクやプログラムはサーバ上にあり、エージェントに依頼できません。",
        )],
        remedies: &[
            text(
                "Move the group on a server where the agent runs.",
                "エージェントが動作しているサーバ上で移動を実行してください。",
            ),
            text(
                "Where no agent runs, and the disks and programs were stopped by hand, add --aws-only: it does the side of AWS alone.",
                "エージェントが動作しておらず、ディスクとプログラムを手動で停止済みの場合は、--aws-only を付けると AWS 側のみを変更します。",
            ),
        ],
    },
    Row {
        problem: Problem::NoTarget,
        number: None,
        code: Some(214),
        subject: Subject::Group,
        message: text("No server can have the group: {reason}", "グループの移動先となるサーバがありません: {reason}"),
        causes: &[text(
            "The other servers are down, not in the startup list, excluded, or have failed.",
            "他のサーバが停止している、起動順序に含まれない、排他制御の対象である、または活性化に失敗しています。",
        )],
        remedies: &[text(
            "Repair a server, then run \"plumb ha repair\" or \"plumb ha start\".",
            "サーバを復旧し、\"plumb ha repair\" または \"plumb ha start\" を実行してください。",
        )],
    },
    Row {
        problem: Problem::Flapping,
        number: None,
        code: Some(215),
        subject: Subject::Group,
        message: text(
            "{target} was rewritten {count} times in {window} s and changed again each time; another cluster seems to use \
             it: {other}",
            "{target} は {window} 秒間に {count} 回書き換えられ、そのたびに変更されました。別のクラスタが使用している可能性があります: {other}",
        ),
        causes: &[text(
            "Another cluster, script or person changes the same route, address or record.",
            "別のクラスタ、スクリプト、または人が同じルート、アドレス、レコードを変更しています。",
        )],
        remedies: &[text(
            "Find who owns the other interface and give each cluster an address of its own, then run \"plumb ha repair\".",
            "もう一方の ENI の所有者を確認し、クラスタごとに別のアドレスを割り当ててから \"plumb ha repair\" を実行してください。",
        )],
    },
    Row {
        problem: Problem::ForcedStopFailed,
        number: None,
        code: Some(216),
        subject: Subject::Group,
        message: text("Stopping {instance} failed: {reason}", "{instance} の強制停止に失敗しました: {reason}"),
        causes: &[text(
            "The permission for StopInstances is missing, or the instance did not stop in time.",
            "StopInstances の権限がないか、インスタンスが時間内に停止しませんでした。",
        )],
        remedies: &[text(
            "There was no failover. Stop the instance by hand, then run \"plumb ha repair\".",
            "フェイルオーバは行われていません。手動でインスタンスを停止し、\"plumb ha repair\" を実行してください。",
        )],
    },
    Row {
        problem: Problem::ThirdParty,
        number: None,
        code: Some(217),
        subject: Subject::Group,
        message: text(
            "{target} is {found}, which is neither what it was ({before}) nor what was wanted ({wanted})",
            "{target} の現在値 {found} は、変更前 ({before}) とも目標 ({wanted}) とも異なります",
        ),
        causes: &[text(
            "Somebody else changed it while the transition was interrupted.",
            "処理の中断中に第三者が変更しました。",
        )],
        remedies: &[text(
            "Find out who did. \"plumb ha repair\" points everything at the confirmed owner.",
            "変更者を確認してください。\"plumb ha repair\" で確認済みの所有者に統一できます。",
        )],
    },
    Row {
        problem: Problem::NotVisible,
        number: None,
        code: Some(218),
        subject: Subject::Group,
        message: text(
            "AWS has accepted the change of {target} and still shows {found}",
            "{target} の変更は受理されましたが、まだ {found} と表示されています",
        ),
        causes: &[text(
            "AWS takes long to be consistent, or somebody else changed it at once.",
            "AWS の反映が遅れているか、直後に第三者が変更しました。",
        )],
        remedies: &[text(
            "Run \"plumb ha status\" again; \"plumb ha repair\" finishes what is not done.",
            "\"plumb ha status\" を再実行してください。未完了の処理は \"plumb ha repair\" で完了できます。",
        )],
    },
    Row {
        problem: Problem::Split,
        number: None,
        code: Some(219),
        subject: Subject::Group,
        message: text(
            "The parts of the group are with different servers: {parts}",
            "グループの構成要素が複数のサーバに分かれています: {parts}",
        ),
        causes: &[text(
            "A transition ended half-way, or somebody moved a part.",
            "処理が途中で終了したか、一部だけが移動されました。",
        )],
        remedies: &[text("Run \"plumb ha repair\".", "\"plumb ha repair\" を実行してください。")],
    },
    Row {
        problem: Problem::MirrorOutdated,
        number: None,
        code: Some(220),
        subject: Subject::Group,
        message: text(
            "The copy of {name} on {server} is not up to date",
            "{server} 上の {name} のコピーは最新ではありません",
        ),
        causes: &[text(
            "The mirror is broken, or its first copy is not complete.",
            "ミラーが切断されているか、初期コピーが完了していません。",
        )],
        remedies: &[text(
            "Let the mirror catch up. With -force the old copy is used, and later writes are lost.",
            "ミラーの同期を完了させてください。-force を指定すると古いコピーを使用し、以後の書き込みは失われます。",
        )],
    },
    Row {
        problem: Problem::Local,
        number: None,
        code: Some(221),
        subject: Subject::Group,
        message: text("{server} could not do it: {reason}", "{server} で処理に失敗しました: {reason}"),
        causes: &[text(
            "The server's agent reports a failure of its own machine.",
            "サーバのエージェントがローカル処理の失敗を報告しました。",
        )],
        remedies: &[REPORT],
    },
    Row {
        problem: Problem::ArbiterUnknown,
        number: None,
        code: Some(222),
        subject: Subject::Group,
        message: text("The arbiter gives no answer: {reason}", "アービタから応答がありません: {reason}"),
        causes: &[text(
            "The store of leases cannot be reached, or refuses the credentials.",
            "リースの保存先に到達できないか、認証情報が拒否されました。",
        )],
        remedies: &[text(
            "Check the store and the path to it. Without it nobody can become active.",
            "保存先と経路を確認してください。応答がない間は誰も活性化できません。",
        )],
    },
    Row {
        problem: Problem::Journal,
        number: None,
        code: Some(223),
        subject: Subject::Group,
        message: text("The journal cannot be written: {reason}", "ジャーナルに書き込めません: {reason}"),
        causes: &[text(
            "The disk is full or read-only, or the file belongs to somebody else.",
            "ディスクの空きがない、読み取り専用である、またはファイルの所有者が異なります。",
        )],
        remedies: &[text(
            "Make the file writable. Nothing is changed that cannot be recorded first.",
            "ファイルを書き込み可能にしてください。記録できない変更は行われません。",
        )],
    },
];
