using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Oci.Tests.Runtime;

public class RuntimeJsonTests
{
    [Theory]
    [InlineData("runc")]
    [InlineData("crun")]
    public void The_document_another_runtime_writes_comes_back_whole(string runtime)
    {
        string directory = Directory.CreateTempSubdirectory("ct-spec").FullName;
        try
        {
            var start = new ProcessStartInfo(runtime, ["spec"]) { WorkingDirectory = directory };
            using (Process process = Process.Start(start)!)
            {
                process.WaitForExit();
                Assert.Equal(0, process.ExitCode);
            }
            byte[] original = File.ReadAllBytes(Path.Combine(directory, "config.json"));
            RuntimeSpec spec = RuntimeJson.ReadSpec(original);
            Assert.NotNull(spec.Linux?.Namespaces);
            Assert.NotNull(spec.Process?.Capabilities?.Bounding);
            AssertSubset(JsonNode.Parse(original)!, JsonNode.Parse(RuntimeJson.WriteSpec(spec))!, "");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Every_member_of_the_specification_is_known()
    {
        byte[] original = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Runtime", "everything.json"));
        RuntimeSpec spec = RuntimeJson.ReadSpec(original);
        AssertSubset(JsonNode.Parse(original)!, JsonNode.Parse(RuntimeJson.WriteSpec(spec))!, "");
    }

    private static readonly JsonSerializerOptions s_serializer = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [Fact]
    public void Reading_agrees_with_the_serializer_on_whole_and_damaged_documents()
    {
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Runtime", "everything.json"));
        var random = new Random(7);
        string[] values = ["null", "true", "-1", "0", "1.5", "99999999999999999999", "\"x\\u0041\"", "[]", "{}", "[null]", "{\"a\":null}", "[1]", "[\"s\"]", ",", "}", "\"\\ud800\""];
        int agreed = 0;
        for (int round = 0; round < 1000; round++)
        {
            // Replace one value somewhere, so that each kind of value lands on each kind of member.
            string damaged = round == 0 ? text : Replace(text, random.Next(text.Length), values[random.Next(values.Length)]);
            byte[] json = System.Text.Encoding.UTF8.GetBytes(damaged);
            string? expected = Written(() => JsonSerializer.Deserialize<RuntimeSpec>(json, s_serializer)!);
            string? actual = Written(() => RuntimeJson.ReadSpec(json));
            // Null is an error to the serializer where a member cannot be null, and an element of a list to it; here it is absence and an error.
            if (expected == actual)
                agreed++;
            else
                Assert.Contains("null", damaged, StringComparison.Ordinal);
        }
        Assert.True(agreed > 900, $"{agreed}");

        static string? Written(Func<RuntimeSpec> read)
        {
            try
            {
                return System.Text.Encoding.UTF8.GetString(RuntimeJson.WriteSpec(read()));
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                return null;
            }
        }

        static string Replace(string text, int at, string value)
        {
            int colon = text.IndexOf(": ", at, StringComparison.Ordinal);
            if (colon < 0)
                return text[..at];
            int end = text.AsSpan(colon + 2).IndexOfAny(",]}");
            return text[..(colon + 2)] + value + text[(colon + 2 + Math.Max(end, 0))..];
        }
    }

    [Theory]
    [InlineData("{\"ociVersion\":\"1\"} x", "BytePositionInLine: 19")]
    [InlineData("{\"process\":{\"args\":[1]}}", "process.args[0]: expected a string, found 1.")]
    [InlineData("{\"process\":{\"user\":{\"uid\":4294967296}}}", "process.user.uid: expected a whole number")]
    [InlineData("{\"annotations\":{\"a.b\":\"c\"},\"mounts\":[{\"options\":[]},{\"options\":{}}]}", "mounts[1].options: expected an array, found an object.")]
    public void The_error_says_where(string text, string where)
    {
        JsonException error = Assert.ThrowsAny<JsonException>(() => RuntimeJson.ReadSpec(System.Text.Encoding.UTF8.GetBytes(text)));
        Assert.Contains(where, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_members_and_a_byte_order_mark_do_not_disturb()
    {
        RuntimeSpec spec = RuntimeJson.ReadSpec("\uFEFF{\"ociVersion\":\"1.9.0\",\"zos\":{\"a\":[1,{}]},\"hostname\":\"h\",\"linux\":{\"new\":1}}"u8);
        Assert.Equal("h", spec.Hostname);
        Assert.NotNull(spec.Linux);
    }

    [Fact]
    public void States_are_written_as_the_serializer_writes_them()
    {
        var state = new RuntimeState { OciVersion = "1.2.0", Id = "a\"b\n\u00e9", Status = "running", Pid = 5, Bundle = "/b", Annotations = new() { ["k"] = "<v>" } };
        Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(state, RuntimeJsonContext.Default.RuntimeState), RuntimeJson.WriteState(state));
        state = new RuntimeState { Id = "x", Status = "stopped" };
        Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(state, RuntimeJsonContext.Default.RuntimeState), RuntimeJson.WriteState(state));
        Assert.Equal("x", RuntimeJson.ReadState(RuntimeJson.WriteState(state)).Id);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("{\"process\":{\"user\":{\"uid\":-1}}}")]
    public void What_is_no_config_is_refused(string text) =>
        Assert.ThrowsAny<JsonException>(() => RuntimeJson.ReadSpec(System.Text.Encoding.UTF8.GetBytes(text)));

    // Everything in 'expected' must be in 'actual'; 'actual' may spell out defaults.
    private static void AssertSubset(JsonNode expected, JsonNode? actual, string path)
    {
        switch (expected)
        {
            case JsonObject expectedObject:
                foreach ((string name, JsonNode? value) in expectedObject)
                {
                    JsonNode? found = actual?[name];
                    if (value is not null)
                        AssertSubset(value, found, $"{path}.{name}");
                }
                break;
            case JsonArray expectedArray:
                JsonArray actualArray = Assert.IsType<JsonArray>(actual);
                Assert.Equal(expectedArray.Count, actualArray.Count);
                for (int i = 0; i < expectedArray.Count; i++)
                    AssertSubset(expectedArray[i]!, actualArray[i], $"{path}[{i}]");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(expected, actual), $"{path}: {expected.ToJsonString()} became {actual?.ToJsonString() ?? "nothing"}");
                break;
        }
    }
}
