using System.Text.Json;

namespace ContainerTools.Oci.Tests.Images;

public class ImageConfigTests
{
    [Fact]
    public void ReadsWhatDockerWrites()
    {
        var config = Read("""
            {"architecture":"amd64","os":"linux","created":"2024-05-14T01:28:31.123456789Z","unknown":[1,{"a":2}],
             "config":{"User":"web:www","ExposedPorts":{"80/tcp":{},"53/udp":{}},"Env":["PATH=/bin","A=b c"],"Entrypoint":["/init"],"Cmd":["-x"],
                       "Volumes":{"/data":{}},"WorkingDir":"/srv","Labels":{"a":"b"},"StopSignal":"SIGQUIT","ArgsEscaped":true,
                       "Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":30000000000,"Timeout":0,"Retries":3}},
             "rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]},
             "history":[{"created":"2024-05-14T01:28:31Z","created_by":"/bin/sh -c #(nop) ADD","empty_layer":true}]}
            """);
        Assert.Equal("web:www", config.Config.User);
        Assert.Equal(["80/tcp", "53/udp"], config.Config.ExposedPorts);
        Assert.Equal(["/data"], config.Config.Volumes);
        Assert.Equal(["PATH=/bin", "A=b c"], config.Config.Env);
        Assert.Equal(["/init"], config.Config.Entrypoint);
        Assert.Equal("SIGQUIT", config.Config.StopSignal);
        Assert.Equal(TimeSpan.FromSeconds(30), config.Config.Healthcheck!.Interval);
        Assert.Null(config.Config.Healthcheck.Timeout);
        Assert.Equal(3, config.Config.Healthcheck.Retries);
        Assert.Equal(2024, config.Created!.Value.Year);
        Assert.True(Assert.Single(config.History).EmptyLayer);
        Assert.Single(config.RootFs.DiffIds);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"config":null,"rootfs":null,"history":null,"architecture":null,"os":null}""")]
    [InlineData("""{"config":{"Env":null,"Cmd":null,"Entrypoint":null,"Volumes":null,"ExposedPorts":null,"Labels":null,"Healthcheck":null}}""")]
    public void MissingAndNullAreTheSame(string json)
    {
        var config = Read(json);
        Assert.Empty(config.RootFs.DiffIds);
        Assert.Empty(config.History);
        Assert.Equal("", config.Os);
        Assert.Null(config.Config.Env);
        Assert.Null(config.Config.Entrypoint);
        Assert.Null(config.Config.Volumes);
    }

    [Fact]
    public void CommandMayBeOneString() => Assert.Equal(["/init"], Read("""{"config":{"Entrypoint":"/init"}}""").Config.Entrypoint);

    [Theory]
    [InlineData("\"yesterday\"")]
    [InlineData("17")]
    [InlineData("{\"a\":[1]}")]
    [InlineData("null")]
    public void BadDateIsNone(string date) => Assert.Null(Read($$"""{"created":{{date}},"os":"linux"}""").Created);

    [Theory]
    [InlineData("""{"config":{"Env":"PATH=/bin"}}""")]
    [InlineData("""{"config":{"Cmd":[1]}}""")]
    [InlineData("""{"config":{"Volumes":["/data"]}}""")]
    [InlineData("""{"rootfs":{"diff_ids":["sha256:1"]}}""")]
    [InlineData("[]")]
    [InlineData("{} {}")]
    public void WrongTypesAreErrors(string json) => Assert.Throws<JsonException>(() => Read(json));

    [Fact]
    public void WritesWhatItReads()
    {
        var config = new ImageConfig
        {
            Architecture = "arm64",
            Os = "linux",
            Created = new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)),
            Config = new ImageRuntimeConfig { Cmd = ["a", "b"], Volumes = ["/v"], ExposedPorts = ["1/tcp"], Healthcheck = new ImageHealthcheck { Interval = TimeSpan.FromSeconds(1.5) } },
        };
        string json = JsonSerializer.Serialize(config, OciJson.Default.ImageConfig);
        Assert.Contains("\"created\":\"2024-01-02T01:04:05Z\"", json, StringComparison.Ordinal);
        Assert.Contains("\"Volumes\":{\"/v\":{}}", json, StringComparison.Ordinal);
        Assert.Contains("\"Interval\":1500000000", json, StringComparison.Ordinal);
        Assert.DoesNotContain("null", json, StringComparison.Ordinal);
        Assert.Equal(json, JsonSerializer.Serialize(Read(json), OciJson.Default.ImageConfig));
    }

    private static ImageConfig Read(string json) => JsonSerializer.Deserialize(json, OciJson.Default.ImageConfig)!;
}
