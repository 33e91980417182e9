/* The catalogue. Both tables are whole: a test holds that no text and no hole is missing. */
#include "message/words.h"

#include <string.h>

#include "base/bytes.h"

static const char *const pt_br[WORDS] = {
    [WORD_PARTIAL] = "parcial",
    [WORD_PARTIAL_LINE] = "Números parciais: veja abaixo o que falta e quem resolve.",
    [WORD_NO_NUMBERS] = "Sem números: nenhuma conta pôde ser lida agora.",
    [WORD_NO_ACCOUNTS_FOUND] = "Sem números: nenhuma conta de anúncios foi encontrada.",
    [WORD_SPEND] = "Gasto no mês",
    [WORD_PROJECTION] = "Projeção",
    [WORD_TARGET] = "Alvo do mês",
    [WORD_PACING] = "Projeção ÷ alvo",
    [WORD_DAILY_BUDGET] = "Orçamento diário",
    [WORD_RECOMMENDED] = "Diário recomendado",
    [WORD_RUN_RATE] = "Projeção pela média",
    [WORD_DAYS_LEFT] = "Dias restantes",
    [WORD_AT_MOST] = "no máximo {0}",
    [WORD_BELOW] = "abaixo do alvo",
    [WORD_ON_TARGET] = "no alvo",
    [WORD_ABOVE] = "acima do alvo",
    [WORD_NO_TARGET] = "não informado",
    [WORD_LAST_DAY] = "hoje é o último dia",
    [WORD_UNKNOWN] = "—",
    [WORD_TARGET_WHERE] =
        "Sem alvo: preencha a coluna `min_investment` da linha deste cliente no Monday.",
    [WORD_TARGET_UNREADABLE] = "Sem alvo: não dá para ler \"{0}\" na coluna `min_investment` do "
                               "Monday. Escreva 15000 ou 15.000,00.",
    [WORD_MORE_CURRENCIES_ONE] = "e mais {0} moeda",
    [WORD_MORE_CURRENCIES] = "e mais {0} moedas",
    [WORD_CAMPAIGNS_BY_SPEND] = "Campanhas, por gasto",
    [WORD_NO_AD_ACCOUNTS] = "nenhuma conta com números",
    [WORD_SPEND_OF] = "Gasto {0}",
    [WORD_PROJECTION_OF] = "Projeção {0}",
    [WORD_DAILY_OF] = "Diário {0}",
    [WORD_A_DAY] = "{0}/dia",
    [WORD_A_DAY_SHARED] = "{0}/dia, compartilhado",
    [WORD_LIFETIME] = "Total {0}, {1}/dia",
    [WORD_LIFETIME_OPEN] = "Total {0}, sem data de fim",
    [WORD_LIFETIME_SPENT] = "Total {0}, já gasto",
    [WORD_NO_BUDGET] = "sem orçamento ativo",
    [WORD_NO_NAME] = "(sem nome)",
    [WORD_OTHER_CAMPAIGN] = "Mais {0} campanha",
    [WORD_OTHER_CAMPAIGNS] = "Mais {0} campanhas",
    [WORD_OTHER_ACCOUNT] = "Mais {0} conta",
    [WORD_OTHER_ACCOUNTS] = "Mais {0} contas",
    [WORD_PAUSED] = "pausada",
    [WORD_ARCHIVED] = "arquivada",
    [WORD_REMOVED] = "removida",
    [WORD_IN_PROCESS] = "em processamento",
    [WORD_WITH_ISSUES] = "com problemas",
    [WORD_AS_OF] = "Dados de {0} ({1}).",
    [WORD_METHOD] = "Projeção: gasto até agora + orçamento diário × dias restantes. As plataformas "
                    "ainda corrigem os últimos dias.",
    [WORD_SHARED_METHOD] = "Orçamento compartilhado aparece em cada campanha e conta uma vez só no "
                           "total.",
    [WORD_RECEIPT] = "Recibo {0}",
    [WORD_REPEATED] = "Esta resposta pode aparecer duas vezes: o Slack não confirmou a primeira.",
    [WORD_MISSING] = "O que falta",
    [WORD_TO_MEND] = "Para corrigir",
    [WORD_WARNING_COUNT_ONE] = "{0} aviso",
    [WORD_WARNING_COUNT] = "{0} avisos",
    [WORD_MORE_WARNINGS_ONE] = "e mais {0} aviso",
    [WORD_MORE_WARNINGS] = "e mais {0} avisos",
    [WORD_MORE_IDS] = "mais {0}",
    [WORD_RETRY_AT] = "Tente de novo a partir de {0}.",
    [WORD_SERVICE] = "O serviço",
    [WORD_KIND_INPUT] = "O pedido não foi entendido.",
    [WORD_MEND_INPUT] = "Digite `/raiox ajuda` para ver como pedir.",
    [WORD_KIND_INTERNAL] = "O raiox falhou por dentro.",
    [WORD_MEND_INTERNAL] = "Avise quem cuida do raiox.",
    [WORD_KIND_CONFIG] = "{0}: a configuração tem um erro.",
    [WORD_MEND_CONFIG] = "Avise quem cuida do raiox e do quadro do Monday.",
    [WORD_KIND_AUTH] = "{0} recusou o nosso token de acesso.",
    [WORD_MEND_AUTH] = "Quem cuida do token precisa renová-lo.",
    [WORD_KIND_PERMISSION] = "{0} não nos deixa ler estes dados.",
    [WORD_MEND_PERMISSION] = "Quem administra a conta precisa dar acesso à agência.",
    [WORD_KIND_NOT_FOUND] = "{0} não encontrou a conta, ou ela não é visível para nós.",
    [WORD_MEND_NOT_FOUND] = "Confira o id no Monday e o acesso da agência à conta.",
    [WORD_KIND_RATE_LIMIT] = "{0} pediu para esperar: consultas demais.",
    [WORD_MEND_RATE_LIMIT] = "Tente de novo mais tarde.",
    [WORD_KIND_TIMEOUT] = "{0} não respondeu a tempo.",
    [WORD_MEND_TIMEOUT] = "Tente de novo em alguns minutos.",
    [WORD_KIND_UNAVAILABLE] = "{0} está fora do ar ou inacessível.",
    [WORD_MEND_UNAVAILABLE] = "Tente de novo em alguns minutos.",
    [WORD_KIND_BAD_RESPONSE] = "{0} respondeu algo que não sabemos ler.",
    [WORD_MEND_BAD_RESPONSE] = "Se continuar, avise quem cuida do raiox.",
    [WORD_TOPIC_NOT_CONFIGURED] = "{0} não está configurado neste raiox.",
    [WORD_MEND_NOT_CONFIGURED] = "Quem cuida do raiox precisa pôr as credenciais.",
    [WORD_TOPIC_SETTINGS] = "{0} não aceita as configurações deste raiox.",
    [WORD_MEND_SETTINGS] = "Quem cuida do raiox vê o que corrigir com `raiox check`.",
    [WORD_TOPIC_MANAGER_ACCOUNT] = "{0}: o id do Monday é de uma conta de administrador.",
    [WORD_MEND_MANAGER_ACCOUNT] =
        "Escreva em `google_id` os ids das contas de anúncios do cliente.",
    [WORD_TOPIC_SHARED_ACCOUNT] = "{0}: outra linha ativa do Monday tem a mesma conta.",
    [WORD_MEND_SHARED_ACCOUNT] = "Deixe cada conta em uma linha só do Monday.",
    [WORD_TOPIC_AGENCY_BUSINESS] = "{0}: o `meta_id` do Monday é o gerenciador da própria agência.",
    [WORD_MEND_AGENCY_BUSINESS] =
        "Escreva as contas deste cliente em `meta_adaccount_ids`, no Monday.",
    [WORD_TOPIC_NO_TARGET_ROW] = "O alvo do Monday é em {1} e nenhuma conta é nessa moeda: não há "
                                 "com o que comparar.",
    [WORD_MEND_NO_TARGET_ROW] = "Confira as contas da linha do cliente no Monday.",
    [WORD_TOPIC_BAD_ROW] = "Uma célula da linha deste cliente no Monday não pôde ser lida.",
    [WORD_MEND_BAD_ROW] = "Escreva ali só os ids, separados por vírgula.",
    [WORD_TOPIC_NO_ACCOUNTS] = "A linha deste cliente no Monday não leva a nenhuma conta.",
    [WORD_MEND_NO_ACCOUNTS] = "Preencha ou corrija `meta_id`, `meta_adaccount_ids` ou `google_id`.",
    [WORD_NOTICE_FETCHING] =
        "🔎 Buscando os dados do cliente de {0}. A resposta chega em instantes.",
    [WORD_NOTICE_FETCHING_NAME] = "🔎 Buscando os dados de *{1}*. A resposta chega em instantes.",
    [WORD_NOTICE_HELP] =
        "*Como usar o raiox*\n"
        "• `/raiox`: o cliente deste canal (coluna channel_id do Monday)\n"
        "• `/raiox Padaria Sol`: um cliente pelo nome, sem ligar para acentos ou maiúsculas\n"
        "• `/raiox Padaria Sol público`: a resposta aparece para o canal inteiro\n"
        "• `/raiox ajuda`: esta mensagem\n"
        "No canal de um cliente só se pode pedir esse cliente; os outros, em mensagem direta.",
    [WORD_NOTICE_UNKNOWN_CHANNEL] =
        "Nenhum cliente ativo do Monday tem {0}. Escreva {5} na coluna `channel_id` da linha do "
        "cliente e tente de novo, ou peça pelo nome: `/raiox Nome do cliente`.",
    [WORD_NOTICE_UNKNOWN_NAME] =
        "Não encontrei um cliente ativo chamado *{1}*. Os nomes mais próximos:\n{2}\n"
        "Confira o nome e tente de novo.",
    [WORD_NOTICE_SEVERAL_NAMES] =
        "Mais de um cliente combina com *{1}*:\n{2}\nPeça de novo com o nome inteiro.",
    [WORD_NOTICE_SEVERAL_ROWS] = "Mais de uma linha ativa do Monday tem {0} em `channel_id`:\n{2}\n"
                                 "Deixe o canal em uma linha só e tente de novo.",
    [WORD_NOTICE_NO_ACCOUNTS] =
        "*{1}* não tem conta de anúncios no Monday. Preencha `meta_id` ou `meta_adaccount_ids` "
        "(Meta) ou `google_id` (Google Ads) na linha do cliente e tente de novo.",
    [WORD_NOTICE_OTHER_CHANNEL] =
        "Este canal é de um cliente: aqui só se pode pedir esse cliente, com `/raiox`. Para ver "
        "outro, peça em uma mensagem direta ou em um canal interno.",
    [WORD_NOTICE_NAMES_FORBIDDEN] =
        "Você pode usar `/raiox` no canal do cliente, mas não pedir clientes pelo nome. Quem cuida "
        "do raiox pode liberar (RAIOX_NAME_USERS).",
    [WORD_NOTICE_BUSY] =
        "Há pedidos demais na fila agora e o seu não entrou. Tente de novo em alguns minutos.",
    [WORD_NOTICE_NOT_ACCEPTED] = "O pedido não pôde ser aceito agora. Tente de novo em um minuto.",
    [WORD_NOTICE_MAYBE_ACCEPTED] =
        "O pedido pode ter sido aceito, mas não tive a confirmação. Espere um minuto pela "
        "resposta antes de tentar de novo.",
    [WORD_NOTICE_BOARD_FAILED] = "Não consegui ler o quadro de clientes. {3}{4}",
    [WORD_NOTICE_GAVE_UP] = "Não consegui terminar este pedido. {3}{4}",
    [WORD_NOTICE_EXPIRED] = "Este pedido demorou demais e já não pode ser respondido. Peça de novo "
                            "com `/raiox`.",
    [WORD_NO_CLOSE_NAME] = "• (nenhum parecido)",
    [WORD_THIS_CHANNEL] = "este canal",
    [WORD_CHANNEL_ID] = "o id do canal",
    [WORD_THIS_DIRECT] = "esta mensagem direta",
    [WORD_NO_CLIENT_HERE] =
        "Uma mensagem direta não é de nenhum cliente. Peça pelo nome: `/raiox Nome do cliente`.",
};

static const char *const en_us[WORDS] = {
    [WORD_PARTIAL] = "incomplete",
    [WORD_PARTIAL_LINE] = "Incomplete numbers: see below what is missing and who can mend it.",
    [WORD_NO_NUMBERS] = "No numbers: no account could be read just now.",
    [WORD_NO_ACCOUNTS_FOUND] = "No numbers: no ad account was found.",
    [WORD_SPEND] = "Spend this month",
    [WORD_PROJECTION] = "Projection",
    [WORD_TARGET] = "Month's target",
    [WORD_PACING] = "Projection ÷ target",
    [WORD_DAILY_BUDGET] = "Daily budget",
    [WORD_RECOMMENDED] = "Recommended daily",
    [WORD_RUN_RATE] = "Projection by average",
    [WORD_DAYS_LEFT] = "Days left",
    [WORD_AT_MOST] = "at most {0}",
    [WORD_BELOW] = "below target",
    [WORD_ON_TARGET] = "on target",
    [WORD_ABOVE] = "above target",
    [WORD_NO_TARGET] = "not given",
    [WORD_LAST_DAY] = "today is the last day",
    [WORD_UNKNOWN] = "—",
    [WORD_TARGET_WHERE] =
        "No target: fill in the column `min_investment` of this client's row in Monday.",
    [WORD_TARGET_UNREADABLE] = "No target: \"{0}\" in Monday's column `min_investment` cannot be "
                               "read. Write 15000 or 15000.00.",
    [WORD_MORE_CURRENCIES_ONE] = "and {0} more currency",
    [WORD_MORE_CURRENCIES] = "and {0} more currencies",
    [WORD_CAMPAIGNS_BY_SPEND] = "Campaigns by spend",
    [WORD_NO_AD_ACCOUNTS] = "no account with numbers",
    [WORD_SPEND_OF] = "Spend {0}",
    [WORD_PROJECTION_OF] = "Projection {0}",
    [WORD_DAILY_OF] = "Daily {0}",
    [WORD_A_DAY] = "{0}/day",
    [WORD_A_DAY_SHARED] = "{0}/day, shared",
    [WORD_LIFETIME] = "Lifetime {0}, {1}/day",
    [WORD_LIFETIME_OPEN] = "Lifetime {0}, without an end date",
    [WORD_LIFETIME_SPENT] = "Lifetime {0}, used up",
    [WORD_NO_BUDGET] = "no active budget",
    [WORD_NO_NAME] = "(no name)",
    [WORD_OTHER_CAMPAIGN] = "{0} more campaign",
    [WORD_OTHER_CAMPAIGNS] = "{0} more campaigns",
    [WORD_OTHER_ACCOUNT] = "{0} more account",
    [WORD_OTHER_ACCOUNTS] = "{0} more accounts",
    [WORD_PAUSED] = "paused",
    [WORD_ARCHIVED] = "archived",
    [WORD_REMOVED] = "removed",
    [WORD_IN_PROCESS] = "being processed",
    [WORD_WITH_ISSUES] = "with issues",
    [WORD_AS_OF] = "As of {0} ({1}).",
    [WORD_METHOD] = "Projection: spend so far + daily budget × days left. Platforms still correct "
                    "the last days.",
    [WORD_SHARED_METHOD] = "A shared budget shows on each of its campaigns and counts once in the "
                           "total.",
    [WORD_RECEIPT] = "Receipt {0}",
    [WORD_REPEATED] = "This reply may appear twice: Slack did not confirm the first.",
    [WORD_MISSING] = "What is missing",
    [WORD_TO_MEND] = "To be mended",
    [WORD_WARNING_COUNT_ONE] = "{0} warning",
    [WORD_WARNING_COUNT] = "{0} warnings",
    [WORD_MORE_WARNINGS_ONE] = "and {0} more warning",
    [WORD_MORE_WARNINGS] = "and {0} more warnings",
    [WORD_MORE_IDS] = "{0} more",
    [WORD_RETRY_AT] = "Try again from {0} on.",
    [WORD_SERVICE] = "The service",
    [WORD_KIND_INPUT] = "The command was not understood.",
    [WORD_MEND_INPUT] = "Type `/raiox help` to see how to ask.",
    [WORD_KIND_INTERNAL] = "Something inside raiox failed.",
    [WORD_MEND_INTERNAL] = "Tell whoever looks after raiox.",
    [WORD_KIND_CONFIG] = "{0}: there is a mistake in the configuration.",
    [WORD_MEND_CONFIG] = "Tell whoever looks after raiox and the Monday board.",
    [WORD_KIND_AUTH] = "{0} refused our access token.",
    [WORD_MEND_AUTH] = "Whoever looks after the token has to renew it.",
    [WORD_KIND_PERMISSION] = "{0} does not let us read this.",
    [WORD_MEND_PERMISSION] = "Whoever manages the account has to give the agency access.",
    [WORD_KIND_NOT_FOUND] = "{0} did not find the account, or it is not visible to us.",
    [WORD_MEND_NOT_FOUND] = "Check the id in Monday and the agency's access to the account.",
    [WORD_KIND_RATE_LIMIT] = "{0} asked us to wait: too many requests.",
    [WORD_MEND_RATE_LIMIT] = "Try again later.",
    [WORD_KIND_TIMEOUT] = "{0} did not answer in time.",
    [WORD_MEND_TIMEOUT] = "Try again in a few minutes.",
    [WORD_KIND_UNAVAILABLE] = "{0} is down or cannot be reached.",
    [WORD_MEND_UNAVAILABLE] = "Try again in a few minutes.",
    [WORD_KIND_BAD_RESPONSE] = "{0} answered something that we cannot read.",
    [WORD_MEND_BAD_RESPONSE] = "If it goes on, tell whoever looks after raiox.",
    [WORD_TOPIC_NOT_CONFIGURED] = "{0} is not configured in this raiox.",
    [WORD_MEND_NOT_CONFIGURED] = "Whoever looks after raiox has to add the credentials.",
    [WORD_TOPIC_SETTINGS] = "{0} does not accept the settings of this raiox.",
    [WORD_MEND_SETTINGS] = "Whoever looks after raiox sees what to mend with `raiox check`.",
    [WORD_TOPIC_MANAGER_ACCOUNT] = "{0}: the id in Monday is a manager account's.",
    [WORD_MEND_MANAGER_ACCOUNT] = "Write the ids of the client's ad accounts in `google_id`.",
    [WORD_TOPIC_SHARED_ACCOUNT] = "{0}: another active row in Monday has the same account.",
    [WORD_MEND_SHARED_ACCOUNT] = "Leave each account in one row of Monday only.",
    [WORD_TOPIC_AGENCY_BUSINESS] = "{0}: `meta_id` in Monday is the agency's own business manager.",
    [WORD_MEND_AGENCY_BUSINESS] =
        "Write this client's accounts in Monday's column `meta_adaccount_ids`.",
    [WORD_TOPIC_NO_TARGET_ROW] =
        "Monday's target is in {1} and no account is: there is nothing to compare it with.",
    [WORD_MEND_NO_TARGET_ROW] = "Check the accounts in the client's row in Monday.",
    [WORD_TOPIC_BAD_ROW] = "A cell of this client's row in Monday could not be read.",
    [WORD_MEND_BAD_ROW] = "Write only the ids there, separated by commas.",
    [WORD_TOPIC_NO_ACCOUNTS] = "This client's row in Monday leads to no account.",
    [WORD_MEND_NO_ACCOUNTS] = "Fill in or correct `meta_id`, `meta_adaccount_ids` or `google_id`.",
    [WORD_NOTICE_FETCHING] = "🔎 Fetching the data of the client of {0}. The answer is on its way.",
    [WORD_NOTICE_FETCHING_NAME] = "🔎 Fetching the data of *{1}*. The answer is on its way.",
    [WORD_NOTICE_HELP] =
        "*How to use raiox*\n"
        "• `/raiox`: the client of this channel (Monday's column channel_id)\n"
        "• `/raiox Padaria Sol`: a client by name; accents and capitals do not matter\n"
        "• `/raiox Padaria Sol public`: the whole channel sees the answer\n"
        "• `/raiox help`: this message\n"
        "In a client's channel only that client can be asked for; others in a direct message.",
    [WORD_NOTICE_UNKNOWN_CHANNEL] =
        "No active client in Monday has {0}. Write {5} in the column `channel_id` of the "
        "client's row and try again, or ask by name: `/raiox Client name`.",
    [WORD_NOTICE_UNKNOWN_NAME] = "There is no active client called *{1}*. The closest names:\n{2}\n"
                                 "Check the name and try again.",
    [WORD_NOTICE_SEVERAL_NAMES] =
        "More than one client matches *{1}*:\n{2}\nAsk again with the whole name.",
    [WORD_NOTICE_SEVERAL_ROWS] =
        "More than one active row in Monday has {0} in `channel_id`:\n{2}\n"
        "Leave the channel in one row only and try again.",
    [WORD_NOTICE_NO_ACCOUNTS] =
        "*{1}* has no ad account in Monday. Fill in `meta_id` or `meta_adaccount_ids` (Meta) or "
        "`google_id` (Google Ads) in the client's row and try again.",
    [WORD_NOTICE_OTHER_CHANNEL] =
        "This channel belongs to a client: only that client can be asked for here, with `/raiox`. "
        "For another one, ask in a direct message or in an internal channel.",
    [WORD_NOTICE_NAMES_FORBIDDEN] =
        "You can use `/raiox` in a client's channel, but not ask for clients by name. Whoever "
        "looks after raiox can allow it (RAIOX_NAME_USERS).",
    [WORD_NOTICE_BUSY] =
        "Too many commands are waiting and yours was not taken. Try again in a few minutes.",
    [WORD_NOTICE_NOT_ACCEPTED] = "The command could not be accepted now. Try again in a minute.",
    [WORD_NOTICE_MAYBE_ACCEPTED] =
        "The command may have been accepted, but that was not confirmed. Wait a minute for the "
        "answer before trying again.",
    [WORD_NOTICE_BOARD_FAILED] = "The board of clients could not be read. {3}{4}",
    [WORD_NOTICE_GAVE_UP] = "This command could not be finished. {3}{4}",
    [WORD_NOTICE_EXPIRED] =
        "This command took too long and can no longer be answered. Ask again with `/raiox`.",
    [WORD_NO_CLOSE_NAME] = "• (none is near)",
    [WORD_THIS_CHANNEL] = "this channel",
    [WORD_CHANNEL_ID] = "the channel's id",
    [WORD_THIS_DIRECT] = "this direct message",
    [WORD_NO_CLIENT_HERE] =
        "A direct message belongs to no client. Ask by name: `/raiox Client name`.",
};

bool locale_parse(const char *name, enum locale *ret)
{
    bool pt = strcmp(name, "pt_BR") == 0;

    if (!pt && strcmp(name, "en_US") != 0)
        return false;
    *ret = pt ? LOCALE_PT_BR : LOCALE_EN_US;
    return true;
}

const char *word(enum locale locale, enum word which)
{
    return locale == LOCALE_PT_BR ? pt_br[which] : en_us[which];
}

/* Writes the filled text without its NUL, or only counts where to is NULL. */
static size_t fill(char *to, const char *text, const char *const *args, size_t count)
{
    size_t len = 0;

    while (*text) {
        bool hole = *text == '{'; /* "{0}": the tables have no other brace */
        size_t which = hole ? (size_t)(text[1] - '0') : 0;
        const char *piece = !hole ? text : which < count && args[which] ? args[which] : "";
        size_t piece_len = hole ? strlen(piece) : strcspn(text, "{");

        if (to)
            memcpy(to + len, piece, piece_len);
        len += piece_len;
        text += hole ? strlen("{0}") : piece_len;
    }
    return len;
}

char *words_fill(struct arena *arena, enum locale locale, enum word which, const char *const *args,
                 size_t count)
{
    const char *text = word(locale, which);
    size_t len = fill(NULL, text, args, count);
    char *filled = arena_alloc_raw(arena, len + 1);

    fill(filled, text, args, count);
    filled[len] = '\0';
    return filled;
}

char *words_join(struct arena *arena, const char *const *pieces, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += strlen(pieces[i]);
    char *joined = arena_alloc_raw(arena, len + 1), *end = joined;
    *end = '\0';
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, pieces[i]);
    return joined;
}

const char *platform_name(const char *platform)
{
    static const struct {
        const char *word, *name;
    } names[] = {
        { "meta", "Meta" },
        { "google_ads", "Google Ads" },
        { "monday", "Monday" },
    };

    for (size_t i = 0; platform && i < COUNT(names); i++) {
        if (strcmp(names[i].word, platform) == 0)
            return names[i].name;
    }
    return platform;
}
