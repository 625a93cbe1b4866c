-- The shipped billing (modules/faturamento/processes/faturamento_mensal.yaml) as a careful programmer would write
-- it by hand: sets only, one transaction, no generality. What this operator does not ask for is not here: pro-formas,
-- and fines and interest in the next invoice. Bind :first and :last, the days of the competence, and :today.
CREATE OR REPLACE FUNCTION pg_temp.cents(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN abs(x - trunc(x, 2)) = 0.005 THEN round(x * 0.5, 2) * 2 ELSE round(x, 2) END $$;

CREATE TEMP TABLE h_covered ON COMMIT DROP AS
SELECT b.id AS beneficiario, c.id AS contrato, c.contratante, coalesce(b.titular, b.id) AS titular, b.papel, b.lotacao,
  coalesce(b.pagador, l.pagador, c.contratante) AS pagador, p.id AS plano, p.forma_calculo,
  CASE WHEN b.tabela_preco IS NOT NULL THEN b.tabela_preco WHEN b.plano IS NOT NULL AND b.plano <> c.plano THEN NULL
    ELSE coalesce(l.tabela_preco, c.tabela_preco) END AS tabela,
  b.situacao = 'remido' AND coalesce(b.remido_ate, :first) >= :first AS remido,
  extract(day FROM CAST(:last AS date))::int AS dias_mes,
  greatest(0, 1 + least(coalesce(b.exclusao, :last), :last) - greatest(s.inicio, :first))
    - greatest(0, f.cobra_desde - greatest(s.inicio, :first)) AS dias,
  extract(year FROM age(CASE coalesce(c.mudanca_faixa, p.mudanca_faixa) WHEN 'mes_aniversario' THEN CAST(:last AS date)
    WHEN 'aniversario_contrato' THEN make_date(
      (extract(year FROM CAST(:first AS date)) - CASE WHEN extract(month FROM CAST(:first AS date))
        >= coalesce(c.aniversario, extract(month FROM c.inicio)) THEN 0 ELSE 1 END)::int,
      coalesce(c.aniversario, extract(month FROM c.inicio))::int, 1)
    ELSE CAST(:first AS date) - 1 END, b.nascimento))::int AS idade,
  coalesce(c.pro_rata, cp.pro_rata, false) OR (f.cobra_desde > :first AND s.conduta IN ('proporcional', 'isenta')) AS pro_rata,
  c.empresa, s.inicio, CASE WHEN s.inicio >= :first THEN s.conduta END AS primeira
FROM beneficiario b
JOIN contrato c ON c.id = b.contrato
JOIN plano cp ON cp.id = c.plano
JOIN plano p ON p.id = coalesce(b.plano, c.plano)
LEFT JOIN lotacao l ON l.id = b.lotacao
CROSS JOIN LATERAL (SELECT coalesce(b.inicio_cobertura, b.adesao) AS inicio,
  coalesce(c.conduta_primeira, p.conduta_primeira) AS conduta) s
CROSS JOIN LATERAL (SELECT CASE s.conduta WHEN 'mes_seguinte' THEN date_trunc('month', s.inicio) + interval '1 month'
  WHEN 'isenta' THEN s.inicio + interval '1 month' ELSE s.inicio END::date AS cobra_desde) f
WHERE c.situacao <> 'proposta' AND c.inicio <= :last AND (c.cancelamento IS NULL OR c.cancelamento >= :first)
  AND s.inicio <= :last AND (b.exclusao IS NULL OR b.exclusao >= :first)
  AND b.nascimento IS NOT NULL;
DELETE FROM h_covered WHERE tabela IS NULL;
ANALYZE h_covered;

CREATE TEMP TABLE h_priced ON COMMIT DROP AS
WITH counted AS (
  SELECT h.*, row_number() OVER (PARTITION BY contrato ORDER BY papel DESC, beneficiario) AS ordem,
    count(*) OVER (PARTITION BY contrato) AS do_contrato, count(*) OVER (PARTITION BY contratante) AS do_contratante,
    count(*) OVER (PARTITION BY contrato, plano) AS do_plano, count(*) OVER (PARTITION BY contrato, titular) AS da_familia
  FROM h_covered h
), in_force AS (
  SELECT c.*, v.id AS vigente, CASE v.conta_vidas WHEN 'empresa' THEN do_contratante WHEN 'plano' THEN do_plano
    WHEN 'familia' THEN da_familia ELSE do_contrato END AS vidas
  FROM counted c
  JOIN tabela_preco t ON t.id = c.tabela
  JOIN tabela_preco v ON v.plano = t.plano AND v.nome = t.nome AND v.inicio <= :first AND (v.fim IS NULL OR v.fim >= :first)
), found AS (
  SELECT i.*, coalesce(own.id, every.id) AS faixa,
    CASE WHEN remido OR forma_calculo = 'remido' OR (forma_calculo = 'valor_fixo' AND ordem > 1) THEN 0
      ELSE coalesce(own.valor, every.valor) END AS preco,
    coalesce(own.valor, every.valor) AS preco_faixa, dias < dias_mes AND pro_rata AS proporcional
  FROM in_force i
  LEFT JOIN faixa_preco own ON own.tabela = i.vigente AND own.aplica_a = i.papel AND i.idade >= own.idade_de
    AND (own.idade_ate IS NULL OR i.idade <= own.idade_ate) AND i.vidas >= own.vidas_de
    AND (own.vidas_ate IS NULL OR i.vidas <= own.vidas_ate)
  LEFT JOIN faixa_preco every ON every.tabela = i.vigente AND every.aplica_a = 'todos' AND i.idade >= every.idade_de
    AND (every.idade_ate IS NULL OR i.idade <= every.idade_ate) AND i.vidas >= every.vidas_de
    AND (every.vidas_ate IS NULL OR i.vidas <= every.vidas_ate)
)
SELECT * FROM found WHERE preco IS NOT NULL;
ANALYZE h_priced;

CREATE TEMP TABLE h_items (
  especie text, base text, contrato bigint, beneficiario bigint, lotacao bigint, pagador bigint, descricao text,
  valor numeric, cheio numeric, idade int, dias int, dias_mes int, vidas bigint, faixa bigint, percentual numeric,
  adicional bigint, desconto bigint, avulsa bigint, coparticipacao bigint, integral numeric, inicio date, primeira text, papel text
) ON COMMIT DROP;
INSERT INTO h_items
SELECT 'mensalidade', 'mensalidade', contrato, beneficiario, lotacao, pagador, 'Mensalidade',
  CASE WHEN proporcional THEN pg_temp.cents(preco * dias / dias_mes) ELSE preco END, preco, idade, dias, dias_mes, vidas,
  faixa, NULL, NULL, NULL, NULL, NULL, NULL, inicio, primeira, papel
FROM h_priced h
WHERE preco > 0 AND dias > 0
  AND NOT EXISTS (SELECT FROM competencia_fechada f WHERE f.competencia = :first AND f.empresa = h.empresa)
  AND NOT EXISTS (SELECT FROM item_fatura i WHERE i.beneficiario = h.beneficiario AND i.competencia = :first
    AND i.especie = 'mensalidade' AND i.ativo);
-- A share of days is a number of 34 digits before anything is multiplied by it.
INSERT INTO h_items
SELECT 'adicional', 'adicionais', h.contrato, h.beneficiario, h.lotacao, h.pagador, a.descricao,
  pg_temp.cents((CASE WHEN a.percentual IS NULL THEN a.valor ELSE h.preco * a.percentual END)
    * CASE WHEN a.proporcional AND h.proporcional THEN round(h.dias * 1e0::numeric(60, 45) / h.dias_mes,
      CASE WHEN h.dias * 10 < h.dias_mes THEN 35 ELSE 34 END) ELSE 1 END),
  CASE WHEN a.percentual IS NULL THEN a.valor ELSE h.preco END, h.idade, h.dias, h.dias_mes, h.vidas, h.faixa,
  a.percentual, a.id, NULL, NULL, NULL, NULL, h.inicio, h.primeira, h.papel
FROM h_priced h
JOIN valor_adicional a ON a.contrato = h.contrato AND (a.beneficiario IS NULL OR a.beneficiario = h.beneficiario)
  AND (a.lotacao IS NULL OR a.lotacao = h.lotacao) AND a.papel IN ('todos', h.papel)
  AND a.de <= :first AND (a.ate IS NULL OR a.ate >= :first)
  AND (a.por = 'beneficiario' OR (a.por = 'titular' AND h.papel = 'titular') OR (a.por = 'contrato' AND h.ordem = 1))
WHERE h.dias > 0 AND NOT EXISTS (SELECT FROM item_fatura i WHERE i.valor_adicional = a.id AND i.beneficiario = h.beneficiario
  AND i.competencia = :first AND i.ativo);
ANALYZE h_items;
INSERT INTO h_items
SELECT 'desconto', NULL, h.contrato, h.beneficiario, h.lotacao, h.pagador, d.descricao,
  pg_temp.cents(CASE WHEN d.percentual IS NULL THEN -d.valor ELSE -h.valor * d.percentual END), h.valor, h.idade, h.dias,
  h.dias_mes, h.vidas, h.faixa, d.percentual, h.adicional, d.id, NULL, NULL, NULL, h.inicio, h.primeira, h.papel
FROM h_items h
JOIN desconto d ON d.contrato = h.contrato AND (d.beneficiario IS NULL OR d.beneficiario = h.beneficiario)
  AND (d.lotacao IS NULL OR d.lotacao = h.lotacao) AND d.papel IN ('todos', h.papel) AND d.de <= :first
  AND (d.ate IS NULL OR d.ate >= :first) AND NOT d.ate_vencimento AND d.sobre IN (h.base, 'total');

CREATE TEMP TABLE h_uses ON COMMIT DROP AS
SELECT u.id AS coparticipacao, b.contrato, b.id AS beneficiario, coalesce(b.titular, b.id) AS titular,
  coalesce(b.plano, c.plano) AS plano, b.lotacao, coalesce(b.pagador, l.pagador, c.contratante) AS pagador,
  u.grupo_cobertura AS cobertura, u.data, u.percentual, u.valor_base, u.valor_participacao AS valor, false AS ja_cobrado,
  CAST(NULL AS date) AS cobrado_em, u.valor_participacao AS resto, 0::numeric AS adiado
FROM item_coparticipacao u
JOIN beneficiario b ON b.id = u.beneficiario
JOIN contrato c ON c.id = b.contrato
LEFT JOIN lotacao l ON l.id = b.lotacao
WHERE u.competencia_cobranca <= :first AND u.valor_participacao > 0 AND c.isenta_coparticipacao IS NOT TRUE
  AND NOT EXISTS (SELECT FROM item_fatura i WHERE i.coparticipacao = u.id AND i.ativo);
ANALYZE h_uses;
-- Caps of a contract, else of the plan; each use goes through one of each turn.
CREATE TEMP TABLE h_caps ON COMMIT DROP AS
WITH used AS (
  SELECT DISTINCT contrato, plano FROM h_uses
), own AS (
  SELECT u.contrato, u.plano, t.id AS regra, t.periodo, t.soma, t.grupo_cobertura, t.valor, t.percentual, t.excedente
  FROM used u JOIN teto_coparticipacao_contrato t ON t.contrato = u.contrato AND t.inicio <= :first
    AND (t.fim IS NULL OR t.fim >= :first)
), caps AS (
  SELECT * FROM own
  UNION ALL
  SELECT u.contrato, u.plano, -t.id, t.periodo, t.soma, t.grupo_cobertura, t.valor, t.percentual, t.excedente
  FROM used u JOIN teto_coparticipacao t ON t.plano = u.plano AND t.inicio <= :first AND (t.fim IS NULL OR t.fim >= :first)
  WHERE NOT EXISTS (SELECT FROM own o WHERE o.contrato = u.contrato)
)
SELECT t.*, CASE WHEN periodo IN ('evento', 'dia') THEN 1 WHEN periodo <> 'mes' THEN 4 WHEN soma = 'beneficiario' THEN 2
    ELSE 3 END AS vez,
  CASE periodo WHEN 'trimestre' THEN 3 WHEN 'semestre' THEN 6 WHEN 'ano_civil' THEN 12 WHEN 'ano_contrato' THEN 12
    ELSE 1 END AS meses,
  CASE periodo WHEN 'mes' THEN CAST(:first AS date) WHEN 'trimestre' THEN date_trunc('quarter', CAST(:first AS date))::date
    WHEN 'semestre' THEN make_date(m.ano, CASE WHEN m.mes > 6 THEN 7 ELSE 1 END, 1) WHEN 'ano_civil' THEN make_date(m.ano, 1, 1)
    WHEN 'ano_contrato' THEN make_date(CASE WHEN m.mes >= m.do_contrato THEN m.ano ELSE m.ano - 1 END, m.do_contrato, 1)
    END AS desde
FROM caps t JOIN contrato c ON c.id = t.contrato
CROSS JOIN LATERAL (SELECT extract(year FROM CAST(:first AS date))::int AS ano, extract(month FROM CAST(:first AS date))::int AS mes,
  extract(month FROM c.inicio)::int AS do_contrato) m;
ANALYZE h_caps;
INSERT INTO h_uses
SELECT u.id, i.contrato, i.beneficiario, coalesce(b.titular, b.id), coalesce(b.plano, c.plano), NULL, NULL, u.grupo_cobertura,
  u.data, NULL, NULL, i.valor, true, i.competencia, i.valor, 0
FROM item_fatura i
JOIN item_coparticipacao u ON u.id = i.coparticipacao
JOIN beneficiario b ON b.id = i.beneficiario
JOIN contrato c ON c.id = i.contrato
WHERE i.especie = 'coparticipacao' AND i.ativo AND i.competencia <= :first AND i.contrato IN (SELECT contrato FROM h_caps);
CREATE TEMP TABLE h_bases ON COMMIT DROP AS
SELECT beneficiario, preco_faixa AS propria, sum(preco_faixa) OVER (PARTITION BY contrato, titular) AS da_familia,
  sum(preco_faixa) OVER (PARTITION BY contrato) AS do_contrato
FROM h_priced WHERE contrato IN (SELECT contrato FROM h_caps);
INSERT INTO h_bases
SELECT DISTINCT ON (i.beneficiario) i.beneficiario, i.preco, i.preco, i.preco
FROM item_fatura i
WHERE i.especie = 'mensalidade' AND i.ativo AND i.beneficiario IN (SELECT beneficiario FROM h_uses)
  AND NOT EXISTS (SELECT FROM h_bases h WHERE h.beneficiario = i.beneficiario)
ORDER BY i.beneficiario, i.competencia DESC, i.id;
ANALYZE h_bases;
CREATE OR REPLACE FUNCTION pg_temp.cap(turn int) RETURNS void LANGUAGE sql AS $$
  WITH counted AS (
    SELECT u.coparticipacao, u.resto, t.excedente, coalesce(t.valor, pg_temp.cents(t.meses * coalesce(t.percentual, 0)
        * coalesce(CASE t.soma WHEN 'beneficiario' THEN h.propria WHEN 'familia' THEN h.da_familia ELSE h.do_contrato END, 0)))
      AS limite,
      u.ja_cobrado, k.conta, sum(k.conta) OVER (PARTITION BY t.regra, k.quem, k.dia
        ORDER BY u.ja_cobrado DESC, u.data, u.coparticipacao) AS ate_aqui
    FROM h_uses u
    JOIN h_caps t ON t.contrato = u.contrato AND t.plano = u.plano AND t.vez = turn
      AND (t.grupo_cobertura IS NULL OR t.grupo_cobertura = u.cobertura)
    LEFT JOIN h_bases h ON h.beneficiario = u.beneficiario
    CROSS JOIN LATERAL (SELECT CASE WHEN t.periodo = 'evento' THEN u.coparticipacao WHEN t.soma = 'contrato' THEN u.contrato
        WHEN t.soma = 'familia' THEN u.titular ELSE u.beneficiario END AS quem,
      CASE WHEN t.periodo = 'dia' THEN u.data END AS dia,
      CASE WHEN u.ja_cobrado AND u.cobrado_em < t.desde THEN 0 ELSE u.resto END AS conta) k
  ), within AS (
    SELECT *, greatest(0, least(resto, limite - (ate_aqui - conta))) AS dentro FROM counted WHERE NOT ja_cobrado
  )
  UPDATE h_uses u SET resto = w.dentro, adiado = adiado + CASE WHEN excedente = 'proximo' THEN w.resto - dentro ELSE 0 END
  FROM within w WHERE u.coparticipacao = w.coparticipacao AND NOT u.ja_cobrado AND dentro < w.resto $$;
SELECT pg_temp.cap(turn) FROM generate_series(1, 4) AS turn;
INSERT INTO h_items
SELECT 'coparticipacao', NULL, contrato, beneficiario, lotacao, pagador, 'Coparticipação', resto, valor_base, NULL, NULL, NULL,
  NULL, NULL, percentual, NULL, NULL, NULL, coparticipacao, CASE WHEN resto < valor THEN valor END, NULL, NULL, NULL
FROM h_uses WHERE NOT ja_cobrado;
INSERT INTO h_items
SELECT CASE WHEN a.natureza = 'credito' THEN 'credito' ELSE 'avulsa' END, NULL, a.contrato, a.beneficiario,
  coalesce(a.lotacao, b.lotacao), coalesce(b.pagador, l.pagador, c.contratante), a.historico,
  CASE WHEN a.natureza = 'credito' THEN -a.valor ELSE a.valor END, a.valor, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  a.id, NULL, NULL, NULL, NULL, NULL
FROM cobranca_avulsa a
JOIN contrato c ON c.id = a.contrato
LEFT JOIN beneficiario b ON b.id = a.beneficiario
LEFT JOIN lotacao l ON l.id = coalesce(a.lotacao, b.lotacao)
WHERE a.situacao = 'liberado' AND a.competencia <= :first
  AND NOT EXISTS (SELECT FROM item_fatura i WHERE i.avulsa = a.id AND i.ativo);

CREATE TEMP TABLE h_ready ON COMMIT DROP AS
WITH grouped AS (
  SELECT i.*, c.empresa, CASE WHEN c.forma_faturamento = 'lotacao' THEN i.lotacao END AS lotacao_fatura,
    CASE c.forma_faturamento WHEN 'pagador' THEN coalesce(i.pagador, c.contratante)
      WHEN 'lotacao' THEN coalesce(l.pagador, c.contratante) ELSE c.contratante END AS pagador_fatura,
    coalesce(CASE WHEN c.forma_faturamento = 'lotacao' THEN l.dia_vencimento END, c.dia_vencimento) AS dia
  FROM h_items i JOIN contrato c ON c.id = i.contrato LEFT JOIN lotacao l ON l.id = i.lotacao
), due AS (
  SELECT g.*, CASE WHEN primeira = 'adesao' THEN greatest(inicio, :today)
    WHEN primeira IN ('primeiro_vencimento', 'proporcional') AND d.neste < inicio THEN d.no_seguinte ELSE d.neste END AS vencimento
  FROM grouped g
  CROSS JOIN LATERAL (SELECT CAST(:first AS date) + least(g.dia, extract(day FROM CAST(:last AS date))::int)::int - 1 AS neste,
    CAST(:last AS date) + least(g.dia, extract(day FROM CAST(:last AS date) + 1 + interval '1 month' - interval '1 day')::int)::int
      AS no_seguinte) d
), summed AS (
  SELECT *, sum(valor) OVER (PARTITION BY contrato, lotacao_fatura, pagador_fatura, vencimento) AS total FROM due
)
SELECT * FROM summed WHERE total >= 0;
ANALYZE h_ready;
CREATE TEMP TABLE h_invoices ON COMMIT DROP AS
SELECT nextval('fatura_id_seq') AS id, g.*
FROM (SELECT empresa, contrato, lotacao_fatura, pagador_fatura, vencimento, sum(valor) AS total FROM h_ready GROUP BY 1, 2, 3, 4, 5) g;
ANALYZE h_invoices;

INSERT INTO fatura (id, numero, documento, situacao, empresa, contrato, pagador, nome_pagador, lotacao, competencia, emissao,
  vencimento, total, created_at, created_by, updated_at, updated_by, search_text)
SELECT h.id, n.numero, 'fatura', 'aberta', h.empresa, h.contrato, h.pagador_fatura, p.nome, h.lotacao_fatura, :first, :today,
  h.vencimento, h.total, now(), 'hand', now(), 'hand',
  aroeira_fold(concat_ws(' ', n.numero, p.nome))
FROM h_invoices h JOIN pessoa p ON p.id = h.pagador_fatura
CROSS JOIN LATERAL (SELECT lpad((900000000 + h.id)::text, 9, '0') AS numero) n;
INSERT INTO item_fatura (fatura, especie, contrato, beneficiario, competencia, descricao, valor, preco, idade, dias, dias_mes,
  vidas, faixa, percentual, valor_adicional, desconto, avulsa, coparticipacao, integral, ativo, created_at, created_by, updated_at, updated_by)
SELECT f.id, r.especie, r.contrato, r.beneficiario, :first, r.descricao, r.valor, r.cheio, r.idade, r.dias, r.dias_mes, r.vidas,
  r.faixa, r.percentual, r.adicional, r.desconto, r.avulsa, r.coparticipacao, r.integral, true, now(), 'hand', now(), 'hand'
FROM h_ready r JOIN h_invoices f ON f.contrato = r.contrato AND f.pagador_fatura = r.pagador_fatura AND f.vencimento = r.vencimento
  AND coalesce(f.lotacao_fatura, 0) = coalesce(r.lotacao_fatura, 0);
UPDATE cobranca_avulsa a SET situacao = 'faturado', version = a.version + 1, updated_at = now(), updated_by = 'hand'
FROM h_ready r WHERE r.avulsa = a.id;
INSERT INTO item_coparticipacao (beneficiario, chave, data, procedimento, descricao, grupo_cobertura, prestador, guia, quantidade,
  valor_base, valor_participacao, competencia_cobranca, created_at, created_by, updated_at, updated_by, search_text)
SELECT h.beneficiario, format('TETO-%s-%s', u.id, CAST(:first AS date)), u.data, u.procedimento, n.descricao,
  u.grupo_cobertura, u.prestador, u.guia, u.quantidade, u.valor_base, h.adiado, CAST(:last AS date) + 1, now(), 'hand', now(), 'hand',
  aroeira_fold(concat_ws(' ', n.descricao, u.prestador, u.guia))
FROM h_uses h JOIN item_coparticipacao u ON u.id = h.coparticipacao
CROSS JOIN LATERAL (SELECT left('Saldo acima do teto: ' || coalesce(u.descricao, 'uso'), 150) AS descricao) n
WHERE h.adiado > 0 AND NOT h.ja_cobrado ON CONFLICT (chave) DO NOTHING;
