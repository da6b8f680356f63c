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

    [Fact]
    public void Unknown_members_and_a_byte_order_mark_do_not_disturb()
    {
        RuntimeSpec spec = RuntimeJson.ReadSpec("\uFEFF{\"ociVersion\":\"1.9.0\",\"zos\":{\"a\":[1,{}]},\"hostname\":\"h\",\"linux\":{\"new\":1}}"u8);
        Assert.Equal("h", spec.Hostname);
        Assert.NotNull(spec.Linux);
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
