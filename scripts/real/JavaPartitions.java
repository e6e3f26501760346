import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HexFormat;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

/**
 * What Kafka's Java producer does with keys: for each line of hexadecimal digits on standard input one line with the hash,
 * then the partition among as many as each argument says. Run by record-partitions.ts, as source.
 */
public final class JavaPartitions {
  public static void main(String[] counts) throws Exception {
    var input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      byte[] key = HexFormat.of().parseHex(line);
      var answer = new StringBuilder().append(Utils.murmur2(key));
      for (String count : counts) {
        answer.append(' ').append(BuiltInPartitioner.partitionForKey(key, Integer.parseInt(count)));
      }
      System.out.println(answer);
    }
  }
}
