import { PhraseIndex, readPhrases, readTokens } from './concepts.ts';
import { normalize, type Token } from './words.ts';

/** Where the words that people name levels with stand on a scale from 0 (trifling) to 1 (everything stops). */
const LEVELS: readonly (readonly [RegExp, number])[] = [
  [/^(?:trivial|lowest|very low|minimal|cosmetic|informational|info|none|p5|sev5)$/, 0.05],
  [/^(?:low|minor|small|not urgent|non urgent|p4|sev4|s4|can wait|backlog)$/, 0.15],
  [/^(?:normal|medium|moderate|standard|regular|default|average|mid|p3|sev3|s3|routine)$/, 0.42],
  [/^(?:high|major|important|elevated|serious|severe|p2|sev2|s2|soon)$/, 0.68],
  [/^(?:urgent|very high|highest|p1|sev1|s1|immediate|asap)$/, 0.93],
  [/^(?:critical|blocker|emergency|p0|sev0|showstopper)$/, 0.97],
];

function levelOf(name: string): number | null {
  const plain = name
    .toLowerCase()
    .replace(/[_-]+/g, ' ')
    .replace(/\b(?:priority|severity|urgency|level|prio|impact)\b/g, '')
    .trim()
    .replace(/^(p|s|sev)\s+(\d)$/, '$1$2');
  const word = /^(p\d|sev ?\d|s\d)\b/.exec(plain)?.[1]?.replace(' ', '') ?? plain;
  return LEVELS.find(([pattern]) => pattern.test(word))?.[1] ?? null;
}

/** The level of each label where the labels form a scale of urgency; null where they do not. */
export function severityLevels(names: readonly string[]): number[] | null {
  const levels = names.map(levelOf);
  const known = levels.filter((level) => level !== null);
  if (known.length < names.length || new Set(known).size < 2) return null;
  // Where nothing stands above it, "high" is the top of the scale; where "critical" does, "urgent" is one step below.
  const top = Math.max(...known);
  const both = known.includes(0.93) && known.includes(0.97);
  return known.map((level) => {
    if (level === 0.68 && top === 0.68) return 0.74;
    if (both && level === 0.93) return known.includes(0.68) ? 0.84 : 0.76;
    if (both && level === 0.97) return 0.99;
    return level;
  });
}

/** Cues in log-odds: what each adds to or takes from the severity, once however often it is said. */
interface CueSource {
  readonly weight: number;
  readonly phrases: string;
  /** What the cue adds instead when a word before it negates it; without it, negation is ignored. */
  readonly when_negated?: number;
  /** For cues that a phrase list cannot hold; matched against the normalized text. */
  readonly pattern?: RegExp;
  /** Only with a cue of this kind can a message reach the top of the scale. */
  readonly grave?: true;
}

const CUES: Readonly<Record<string, CueSource>> = {
  explicit: {
    weight: 1.9,
    grave: true,
    when_negated: -2.2,
    phrases: `
      urgent, urgently, asap, immediately, immediate, right away, emergency, critical, critically, top priority,
      high priority, highest priority, p1, sev1, at once, without delay, quickly as possible, very important,
      time sensitive, time critical, every minute`,
    pattern:
      /\b(?:need|fix|help|call|lock|freeze|stop|block|respond|react|answer)\b[^.!?\n]{0,40}\b(?:right now|now!|now\b\s*$)/,
  },
  soon: {
    weight: 0.8,
    phrases: `
      as soon as possible, soon as possible, as soon as you can, quickly, promptly, need this fixed, need it fixed,
      priority, hurry, rush, important, expedite, by return`,
  },
  outage: {
    weight: 1.7,
    grave: true,
    phrases: `
      outage, is down, are down, went down, been down, down again, site down, system down, completely down,
      totally down, offline, unavailable, unreachable, downtime, 503, 502, nothing works, production, in prod,
      live site, live environment, all services`,
    when_negated: 0,
  },
  everyone: {
    weight: 1.3,
    phrases: `
      nobody can, no one can, none of us, none of our, everyone, everybody, all users, all our users,
      all of our users, all customers, all our customers, our customers can not, customers can not,
      our clients can not, whole team, entire team, whole company, entire company, whole office, entire office,
      all staff, our staff, hundreds of, thousands of, every user, every customer, multiple customers, multiple users,
      several customers, users are affected, all of our, across the company, our users, our entire, our whole`,
  },
  loss: {
    weight: 1.9,
    grave: true,
    phrases: `
      data loss, lost data, lost all my, lost all our, lost everything, wiped, deleted everything, everything is gone,
      vanished, corrupted, irrecoverable, can not recover, no backup, is there a backup, there is a backup`,
    pattern:
      /\b(?:data|files?|records?|projects?|contacts?|documents?|photos|history|entries|notes|work|tasks|messages|database|bookings|appointments|reports)\b[^.!?\n]{0,30}\b(?:gone|disappeared|deleted|wiped|lost|erased|vanished|overwritten)\b/,
  },
  security: {
    weight: 2.1,
    grave: true,
    phrases: `
      breach, hacked, hacker, been compromised, compromised, phishing, unauthorized, unauthorised, data leak, leaked,
      leak, stolen, fraud, fraudulent, someone else data, other customers data, another customers,
      another company data, other people data, identity theft, ransomware, malware, vulnerability, exploit, exposed,
      not me, did not authorize, did not make this, do not recognize, do not recognise, suspicious login,
      suspicious activity, strange login, unknown device, logged in from, taken over, took over, someone has access,
      someone changed`,
    when_negated: 0.6,
  },
  safety: {
    weight: 2.6,
    grave: true,
    phrases: `
      caught fire, on fire, smoke, smoking, burned, burnt, electric shock, sparks, sparking, exploded, injured,
      injury, hospital, allergic reaction, choking, dangerous, safety hazard, hazard, insulin, medication, medical,
      overheating, melted, swollen battery, smell of burning, burning smell`,
  },
  money: {
    weight: 1.1,
    phrases: `
      losing money, losing sales, lost sales, losing revenue, lost revenue, losing customers, losing business,
      costing us, costs us, cost us, charged twice, charged three times, double charged, charged me twice,
      duplicate charge, charged again, overdrawn, overdraft, can not pay rent, rent is due, wrong amount, overcharged,
      took money, withdrew, can not take payments, can not process payments, can not accept payments, can not invoice,
      payments are failing, all payments, unable to process orders, can not process orders, checkout fail,
      checkout broken, unauthorized charge`,
  },
  deadline: {
    weight: 1,
    phrases: `
      deadline, tonight, tomorrow, this afternoon, end of day, eod, by noon, within the hour, in an hour,
      in two hours, hours from now, in 30 minutes, by friday, by monday, by tuesday, by wednesday, by thursday,
      by tomorrow, due on, is due, due tomorrow, due today, launch, go live, going live, board meeting, audit,
      payroll, wedding, flight, in two days, before the weekend, presentation, presenting, webinar, starts at,
      our event, conference, black friday, tax filing, filing, birthday, funeral, leave for, leaving on`,
  },
  now: { weight: 0.35, phrases: `today, this morning, since this morning, right now, at the moment` },
  impact: {
    weight: 0.8,
    phrases: `
      takes hours, hours each, hours every, by hand, manually, double work, save us, our auditors, compliance,
      decides whether, roll out, roll this out, dealbreaker, deal breaker, blocks us, our customers ask,
      several clients ask, our workflow, each month, every day, every week`,
  },
  legal: {
    weight: 1.5,
    phrases: `
      lawyer, attorney, solicitor, legal action, sue, lawsuit, small claims, chargeback, dispute with my bank,
      consumer protection, trading standards, bbb, ombudsman, regulator, report you, gdpr violation,
      data protection authority, police, breach of contract, sla breach, sla, subpoena, in court`,
    when_negated: 0.3,
  },
  repeated: {
    weight: 0.95,
    phrases: `
      third time, second time, fourth time, fifth time, third email, second email, third ticket, third message,
      still waiting, still no, still not, no response, no reply, nobody has replied, no one has replied,
      nobody answers, no answer, ignored, for weeks, for days, two weeks, three weeks, weeks ago, over a week,
      more than a week, a month ago, again and again, keeps happening, every single, contacted you, already contacted,
      already emailed, already wrote, already called, follow up, following up, followed up, escalate, escalation,
      chasing, days ago, how many times, once again, yet again`,
  },
  blocked: {
    weight: 0.95,
    phrases: `
      blocked, blocking, blocker, can not work, can not do my job, can not do anything, can not continue,
      can not proceed, can not access, can not get in, can not get into, can not login, can not open, can not use,
      can not do my, can not do our, unable to do, unable to work, unable to access, unable to login, unable to use,
      locked out, lock out, stuck, no access, lost access, completely stuck, can not submit, can not send,
      can not place, unusable, can not finish, can not print, stopped us, standstill, stand still, will not let me in`,
    when_negated: -0.9,
  },
  broken: {
    weight: 0.4,
    phrases: `
      error, crash, crashes, crashing, fails, failing, failed, failure, not work, not working, stop working, broken,
      does not work, freezes, freezing, blank page, blank screen, white screen, not load, wrong item, never arrived,
      not arrived, damaged, missing, lost, defective, not received, refund, declined, suspended, rejected, timing out`,
    when_negated: -0.3,
  },
  anger: {
    weight: 0.55,
    phrases: `
      unacceptable, furious, ridiculous, outrageous, worst, disgusted, disgusting, appalling, horrible, terrible,
      fed up, scam, thieves, joke, extremely frustrated, very frustrated, so frustrating, angry, disgrace,
      incompetent, last chance, enough is enough`,
  },
  leaving: {
    weight: 0.6,
    phrases: `
      cancel our contract, cancel everything, switching to, move to a competitor, moving to a competitor,
      take our business, leave you, going elsewhere, or i cancel, or we cancel, lose us, losing us as`,
  },
  no_rush: {
    weight: -2.1,
    phrases: `
      no rush, no hurry, not in a hurry, not in a rush, whenever, when you get a chance, when you have a moment,
      when you have time, when you get time, at your convenience, at your leisure, no worries, not a big deal,
      not a biggie, no big deal, just curious, just wondering, out of curiosity, fyi, for your information,
      take your time, nothing urgent, not pressing, can wait, not important, low priority, not a priority,
      no pressure, not super important, not a problem for us, not the end of the world, some day, someday, eventually,
      one day, sometime, not a dealbreaker, no need to hurry, does not bother`,
  },
  minor: {
    weight: -1.3,
    phrases: `
      cosmetic, typo, minor, tiny, small thing, small issue, small request, small suggestion, nitpick, nit, slightly,
      slight, misspelled, misspelt, spelling, misaligned, alignment, pixels off, few pixels, little thing, little bug,
      a bit off, wrong color, color is, font, icon, tooltip, footer, annoyance, mildly, purely visual, looks odd,
      looks weird, tidy up, wording, label says`,
  },
  wish: {
    weight: -1.2,
    phrases: `
      feature request, suggestion, suggest, would be nice, would be great, would be awesome, would be cool,
      would be helpful, would be useful, would be handy, would be lovely, would be good, nice to have, would love,
      love to see, could you add, please add, please consider, consider adding, any plans, roadmap, idea, enhancement,
      dark mode, i wish, wish, wishlist, would like to see, in the future, great if, nice if, cool if, helpful if,
      handy if, useful if, add an option, add support, ability to, planning to add, planning to support`,
  },
  asking: {
    weight: -0.3,
    phrases: `
      how do i, how can i, how do we, how can we, how to, where can i, where do i, is it possible, is there a way,
      do you have, do you support, does your, can you tell me, could you tell me, what are your, quick question,
      question about, would like to know, like to understand, documentation, can i change, can i use`,
  },
  browsing: {
    weight: -1,
    phrases: `
      thinking about, thinking of, curious, wondering, do you ship, do you offer, opening hours, student discount,
      interested in, comparing, what is the difference, brochure, which plan, considering, might buy, before i buy,
      before buying`,
  },
  praise: {
    weight: -1.7,
    phrases: `
      just wanted to say, great job, keep up the good work, love your, love the, thank you so much, great product,
      great service, great support, kudos, well done, shout out, made my day, happy customer, five stars,
      very happy with, delighted, impressed, compliment`,
  },
  outside: {
    weight: -1,
    phrases: `
      partnership, collaborate, collaboration, sponsor, guest post, job application, apply for, internship, vacancy,
      cv, backlink, influencer, press inquiry, interview, podcast, newsletter, seo, thesis, school project,
      university project`,
  },
  workaround: {
    weight: -0.8,
    phrases: `
      workaround, work around, managed to, works if, works fine if, refreshing helps, reload helps, resolved itself,
      already solved, got it working, for now i, in the meantime i, otherwise everything works, otherwise fine,
      everything else works, still usable, one time only, only happened once, happens occasionally, sometimes,
      occasionally, once in a while, now and then`,
    when_negated: 0.4,
  },
};

const NEGATORS = new Set(['not', 'no', 'never', 'without', 'hardly', 'neither', 'nor', 'isnt', 'nothing', 'nobody']);

interface Cue {
  readonly name: string;
}

let index: PhraseIndex<Cue> | undefined;

function cueIndex(): PhraseIndex<Cue> {
  if (index !== undefined) return index;
  index = new PhraseIndex<Cue>();
  for (const [name, { phrases }] of Object.entries(CUES)) {
    for (const { stems } of readPhrases(phrases)) index.add(stems, { name });
  }
  return index;
}

/** Whether one of the three words before a cue, in its clause, negates it. */
function isNegated(tokens: readonly Token[], start: number): boolean {
  const clause = tokens[start]?.clause;
  for (let back = start - 1; back >= start - 3 && back >= 0; back--) {
    const token = tokens[back];
    if (token === undefined || token.clause !== clause) return false;
    if (NEGATORS.has(token.word)) return true;
  }
  return false;
}

const BASE = -0.5;
/** Where messages without a grave cue end: below the level of "urgent". */
const CEILING = 0.78;

/**
 * How severe a message sounds, 0 to 1, and how much there was to go by (sum of absolute weights). A cue counts once, a
 * second mention a quarter; negation turns urgency words around ("not urgent"), because people say it to be kind.
 */
export function scoreSeverity(text: string): { severity: number; evidence: number } {
  const tokens = readTokens(text);
  const totals = new Map<string, { weight: number; count: number }>();
  for (const { value, start } of cueIndex().find(tokens)) {
    const cue = CUES[value.name];
    if (cue === undefined) continue;
    const negated = cue.when_negated !== undefined && isNegated(tokens, start);
    const key = negated ? `not ${value.name}` : value.name;
    const weight = negated ? (cue.when_negated ?? 0) : cue.weight;
    totals.set(key, { weight, count: (totals.get(key)?.count ?? 0) + 1 });
  }
  const plain = normalize(text);
  for (const [name, { pattern, weight }] of Object.entries(CUES)) {
    if (pattern?.test(plain) === true && !totals.has(name)) totals.set(name, { weight, count: 1 });
  }
  const grave = [...totals.keys()].some((name) => CUES[name]?.grave === true);
  const rising = [...totals.values()].some(({ weight }) => weight >= 0.9);
  let odds = BASE;
  let evidence = 0;
  for (const [name, { weight, count }] of totals) {
    // Politeness and a question's form do not take back that something serious happened.
    const softened = rising && (name === 'asking' || name === 'wish' || name === 'workaround') ? weight / 3 : weight;
    const amount = softened * (1 + 0.25 * Math.min(count - 1, 2));
    odds += amount;
    evidence += Math.abs(amount);
  }
  const shouted = (text.match(/\b[A-Z]{4,}\b/g) ?? []).length;
  if (shouted >= 3) odds += 0.7;
  if (/!{2,}/.test(text) || (text.match(/!/g) ?? []).length >= 3) odds += totals.has('praise') ? 0 : 0.35;
  const severity = 1 / (1 + Math.exp(-odds));
  return { severity: grave ? severity : Math.min(severity, CEILING), evidence };
}
