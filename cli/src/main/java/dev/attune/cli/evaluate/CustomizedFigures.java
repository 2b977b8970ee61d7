package dev.attune.cli.evaluate;

import dev.attune.cli.evaluate.CustomizedAccuracies.InDomain;
import dev.attune.cli.evaluate.CustomizedAccuracies.OnGeneral;
import dev.attune.cli.imports.DspQuery;
import dev.attune.cli.imports.TextPair;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns rewards of the test part into the figures of the tables. Safe for several threads. */
final class CustomizedFigures {
  private final CustomizedData data;

  CustomizedFigures(CustomizedData data) {
    this.data = data;
  }

  /** Trains each domain's floor on its training pairs. */
  Map<String, LexicalFloor> floors() {
    Map<String, LexicalFloor> floors = new LinkedHashMap<>();
    for (String domain : data.domains()) {
      floors.put(domain, LexicalFloor.train(pairs(data.dsp().train(), domain)));
    }
    return floors;
  }

  /**
   * What the rewards of the test queries come to.
   *
   * @param before by domain: for each test query the general model's rewards of its responses
   * @param after the same by each domain's own model
   */
  Map<String, InDomain> inDomains(
      Map<String, List<double[]>> before,
      Map<String, List<double[]>> after,
      Map<String, LexicalFloor> floors) {
    Map<String, InDomain> all = new LinkedHashMap<>();
    for (String domain : data.domains()) {
      List<PreferredText> pairs = pairs(data.dsp().test(), domain);
      PairAccuracy longer = PairAccuracy.NONE;
      for (PreferredText pair : pairs) {
        longer = longer.plus(PairAccuracy.of(pair.preferred().length(), pair.other().length()));
      }
      all.put(
          domain,
          new InDomain(
              accuracy(domain, before.get(domain)),
              accuracy(domain, after.get(domain)),
              longer,
              floors.get(domain).accuracy(pairs),
              calibration(domain, before.get(domain)),
              calibration(domain, after.get(domain))));
    }
    return all;
  }

  /**
   * What the rewards of general pairs come to.
   *
   * @param before by set, with the set's head
   * @param pooled by set, with the pooled head
   * @param after by each domain's model, then by set
   */
  Map<String, OnGeneral> onGeneral(
      Map<String, PairAccuracy> before,
      Map<String, PairAccuracy> pooled,
      Map<String, Map<String, PairAccuracy>> after) {
    Map<String, OnGeneral> all = new LinkedHashMap<>();
    for (String set : data.general().keySet()) {
      Map<String, PairAccuracy> byDomain = new LinkedHashMap<>();
      after.forEach((domain, sets) -> byDomain.put(domain, sets.get(set)));
      PairAccuracy longer = PairAccuracy.NONE;
      for (TextPair pair : untied(set)) {
        double[] lengths = {pair.first().length(), pair.second().length()};
        longer = longer.plus(PairAccuracy.of(lengths, pair.firstPreferred() ? 0 : 1));
      }
      all.put(set, new OnGeneral(before.get(set), pooled.get(set), byDomain, longer));
    }
    return all;
  }

  /** What the rewards of a set's {@link #untied} test pairs come to. */
  PairAccuracy onGeneral(String set, List<double[]> rewards) {
    List<TextPair> pairs = untied(set);
    PairAccuracy sum = PairAccuracy.NONE;
    for (int i = 0; i < pairs.size(); i++) {
      sum = sum.plus(PairAccuracy.of(rewards.get(i), pairs.get(i).firstPreferred() ? 0 : 1));
    }
    return sum;
  }

  /** A set's test pairs, ties left out. */
  List<TextPair> untied(String set) {
    return data.general().get(set).test().stream().filter(pair -> !pair.tie()).toList();
  }

  private PairAccuracy accuracy(String domain, List<double[]> rewards) {
    PairAccuracy sum = PairAccuracy.NONE;
    for (int i = 0; i < rewards.size(); i++) {
      sum = sum.plus(PairAccuracy.of(rewards.get(i), own(data.dsp().test().get(i), domain)));
    }
    return sum;
  }

  private double calibration(String domain, List<double[]> rewards) {
    CalibrationError error = new CalibrationError();
    for (int i = 0; i < rewards.size(); i++) {
      int own = own(data.dsp().test().get(i), domain);
      for (int other = 0; other < rewards.get(i).length; other++) {
        if (other != own) {
          error.add(rewards.get(i)[own], rewards.get(i)[other]);
        }
      }
    }
    return error.value();
  }

  private static int own(DspQuery query, String domain) {
    return List.copyOf(query.responses().keySet()).indexOf(domain);
  }

  private static List<PreferredText> pairs(Collection<DspQuery> queries, String domain) {
    List<PreferredText> pairs = new ArrayList<>();
    for (DspQuery query : queries) {
      String preferred = query.responses().get(domain);
      query
          .responses()
          .forEach(
              (style, other) -> {
                if (preferred != null && !style.equals(domain)) {
                  pairs.add(new PreferredText(preferred, other));
                }
              });
    }
    return pairs;
  }
}
