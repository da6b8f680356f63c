using System.Text;
using System.Text.Json.Nodes;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Registry;

/// <summary>Logins in docker's file and in credential helpers.</summary>
public sealed class LoginTests : IDisposable
{
    private static readonly RegistryCredential user = new("user", "pass:w\u00f6rd");
    private static readonly ImageReference local = ImageReference.Parse("localhost:5000/team/x");

    private readonly StoreFixture store = new();
    private readonly string directory;
    private readonly string file;
    private readonly string helper = $"ct{Guid.NewGuid():N}";
    private readonly string? path = Environment.GetEnvironmentVariable("PATH");

    public LoginTests()
    {
        directory = Path.Combine(store.Scratch, "docker");
        file = Path.Combine(directory, "config.json");
        string programs = Path.Combine(store.Scratch, "bin");
        string kept = Path.Combine(store.Scratch, "kept");
        Directory.CreateDirectory(programs);
        Directory.CreateDirectory(kept);

        // Keeps each credential in a file, as the protocol's JSON.
        string program = Path.Combine(programs, $"docker-credential-{helper}");
        File.WriteAllText(program, $$"""
            #!/bin/sh
            input=$(cat)
            name() { printf %s "$1" | tr '/:' '__'; }
            case $1 in
            store) url=$(printf %s "$input" | sed 's/.*"ServerURL":"\([^"]*\)".*/\1/'); [ "$url" = broken.example ] && { echo "no room for $input"; exit 1; }; printf %s "$input" >"{{kept}}/$(name "$url")" ;;
            get) [ "$input" = broken.example ] && { echo the keyring is locked; exit 1; }; cat "{{kept}}/$(name "$input")" 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;;
            erase) rm "{{kept}}/$(name "$input")" ;;
            esac
            """);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        Environment.SetEnvironmentVariable("PATH", $"{programs}:{path}");
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", path);
        store.Dispose();
    }

    [Fact]
    public async Task ALoginIsKeptAsDockerKeepsIt()
    {
        var logins = new RegistryLogins(file);
        Assert.False(await logins.RemoveAsync("localhost:5000", default));
        Assert.False(Directory.Exists(directory));

        var login = await logins.SaveAsync("localhost:5000", user, default);
        Assert.Equal(("localhost:5000", "user", file, false), (login.Registry, login.UserName, login.Store, login.IsEncrypted));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        Assert.Equal(Convert.ToBase64String(Encoding.UTF8.GetBytes("user:pass:w\u00f6rd")), (string?)Json()["auths"]!["localhost:5000"]!["auth"]);
        Assert.Equal(user, await DockerCredentials.FindInAsync(file, local, default));
        Assert.Equal(["localhost:5000"], logins.List());
        Assert.Single(Directory.GetFileSystemEntries(directory));

        await logins.SaveAsync("docker.io", user, default);
        Assert.NotNull(Json()["auths"]!["https://index.docker.io/v1/"]);
        Assert.Equal(user, await DockerCredentials.FindInAsync(file, ImageReference.Parse("debian"), default));
        Assert.True(await logins.RemoveAsync("docker.io", default));
        Assert.True(await logins.RemoveAsync("localhost:5000", default));
        Assert.Empty(Json()["auths"]!.AsObject());
        Assert.DoesNotContain("pass", login.ToString() + user, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatElseIsInTheFileStays()
    {
        Directory.CreateDirectory(directory);
        string real = Path.Combine(store.Scratch, "dotfiles.json");
        File.WriteAllText(real, """{"HttpHeaders":{"a":"b"},"auths":{"https://localhost:5000/v1/":{"auth":"eDp5"},"other.example":{"auth":"eDp5","email":"e"}},"psFormat":"{{.ID}}"}""");
        File.CreateSymbolicLink(file, real);
        var logins = new RegistryLogins(file);
        await logins.SaveAsync("localhost:5000", user, default);

        Assert.NotNull(File.ResolveLinkTarget(file, false));
        var json = Json();
        Assert.Equal(["HttpHeaders", "auths", "psFormat"], json.Select(static p => p.Key));
        Assert.Equal(["other.example", "localhost:5000"], json["auths"]!.AsObject().Select(static p => p.Key));
        Assert.Equal("e", (string?)json["auths"]!["other.example"]!["email"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(real));

        File.WriteAllText(real, "not json");
        Assert.Equal("CredentialFileInvalid", (await Assert.ThrowsAsync<ContainerToolsException>(() => logins.SaveAsync("localhost:5000", user, default))).ErrorId);
        Assert.Equal("not json", File.ReadAllText(real));
    }

    [Fact]
    public async Task NoLoginIsLostWhenManyAreMadeAtOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => new RegistryLogins(file).SaveAsync($"r{i}.example", user, default))));
        Assert.Equal(20, new RegistryLogins(file).List().Count);
    }

    [Theory]
    [InlineData("\"credsStore\":\"NAME\"")]
    [InlineData("\"credsStore\":\"none-such\",\"credHelpers\":{\"localhost:5000\":\"NAME\",\"https://index.docker.io/v1/\":\"NAME\"}")]
    public async Task AHelperKeepsIt(string config)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(file, $"{{{config.Replace("NAME", helper, StringComparison.Ordinal)}}}");
        var logins = new RegistryLogins(file);
        Assert.Null(await DockerCredentials.FindInAsync(file, local, default));
        foreach (string registry in (string[])["localhost:5000", "docker.io"])
        {
            var login = await logins.SaveAsync(registry, user, default);
            Assert.Equal(($"docker-credential-{helper}", true), (login.Store, login.IsEncrypted));
            Assert.DoesNotContain("auth\"", File.ReadAllText(file), StringComparison.Ordinal);
            Assert.Contains(registry, logins.List());
            Assert.Equal(user, await DockerCredentials.FindInAsync(file, ImageReference.Parse($"{registry}/team/x"), default));
            Assert.True(await logins.RemoveAsync(registry, default));
            Assert.False(await logins.RemoveAsync(registry, default));
        }

        await logins.SaveAsync("localhost:5000", new RegistryCredential("<token>", "r3fresh"), default);
        Assert.Equal("r3fresh", (await DockerCredentials.FindInAsync(file, local, default))!.IdentityToken);
    }

    [Fact]
    public async Task AHelperThatFailsIsExplained()
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(file, $$$"""{"credHelpers":{"broken.example":"{{{helper}}}","localhost:5000":"none-such","evil.example":"../../bin/sh"}}""");
        Assert.Contains("the keyring is locked", (await FailAsync("broken.example")).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be started", (await FailAsync("localhost:5000")).Message, StringComparison.Ordinal);
        Assert.Contains("not a program's name", (await FailAsync("evil.example")).Message, StringComparison.Ordinal);

        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => new RegistryLogins(file).SaveAsync("broken.example", new RegistryCredential("user", "hush-hush"), default));
        Assert.Contains("no room for", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush-hush", error.ToString(), StringComparison.Ordinal);
    }

    private JsonObject Json() => JsonNode.Parse(File.ReadAllText(file))!.AsObject();

    private async Task<ContainerToolsException> FailAsync(string registry)
    {
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => DockerCredentials.FindInAsync(file, ImageReference.Parse($"{registry}/x"), default));
        Assert.Equal("CredentialHelperFailed", error.ErrorId);
        return error;
    }
}
