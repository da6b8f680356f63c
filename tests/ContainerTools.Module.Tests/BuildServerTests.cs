using System.Collections.Concurrent;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>Git repositories and files behind servers that want credentials or have certificates of a private authority.</summary>
[Collection(ModuleCollection.Name)]
public sealed class BuildServerTests(ModuleFixture module) : BuildTest(module)
{
    [Fact]
    public void Credentials_come_from_secrets_and_gits_configuration_and_stay_with_their_server()
    {
        Shell("git init -q -b main repo; cd repo; git config user.name t; git config user.email t@t; printf 'FROM test/busybox:1\nCOPY file /\nCMD cat /file\n' > Containerfile; echo held > file; git add -A; git commit -qm one; git update-server-info");
        using var other = new Server(Context["repo/.git"], null, null);
        using var server = new Server(Context["repo/.git"], "sesame", other);
        string url = $"http://127.0.0.1:{server.Port}";

        Module.Run("Build-Image $args[0] -Tag test/built:1", url + "/app.git").FailedWith("BuildGitAuthenticationFailed", ErrorCategory.AuthenticationError);
        var refused = Module.Run("Build-Image $args[0] -Tag test/built:1 -Verbose -Debug -Secret @{ GIT_AUTH_TOKEN = 'wrong-token' } *>&1 | ForEach-Object { \"$_\" }", url + "/app.git");
        Assert.Contains(refused.Lines, l => l!.Contains("GIT_AUTH_TOKEN.127.0.0.1", StringComparison.Ordinal));
        Assert.DoesNotContain(refused.Lines, l => l!.Contains("wrong-token", StringComparison.Ordinal));
        Module.Run("Build-Image $args[0] -Tag test/built:1 -Secret @{ GIT_AUTH_TOKEN = 'sesame' }", url + "/app.git").Succeeded();
        Assert.Equal(["held"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Module.Run("Build-Image $args[0] -Tag test/built:1 -Secret @{ $args[1] = 'sesame' }", url + "/moved.git", $"GIT_AUTH_TOKEN.127.0.0.1:{server.Port}").Succeeded();

        // A helper of the user's; filters of his are not applied.
        File.WriteAllText(Context["gitconfig"], $"[credential \"{url}\"]\n\thelper = \"!f() {{ echo username=x-access-token; echo password=sesame; }}; f\"\n[core]\n\tautocrlf = true\n");
        Write($"FROM test/busybox:1\nADD {url}/app.git /x/\nADD {url}/file /y/\nRUN od -c /x/file | head -1\nCMD cat /x/file /y/file\n");
        Module.Run("$env:GIT_CONFIG_GLOBAL = $args[1]; try { Build-Image $args[0] -Tag test/built:1 -Secret @{ 'HTTP_AUTH_TOKEN_127.0.0.1' = 'sesame' } } finally { $env:GIT_CONFIG_GLOBAL = $null }", Context.Path, Context["gitconfig"]).Succeeded();
        Assert.Equal(["held", "content"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Fails($"FROM test/busybox:1\nADD {url}/file?2 /y/\n", "BuildDownloadFailed", "401", "HTTP_AUTH_TOKEN_127.0.0.1", "Containerfile:2:1:");
        Assert.NotEmpty(other.Requests);
        Assert.All(other.Requests, r => Assert.Equal("", r));
        NothingLeft();
    }

    [Fact]
    public void A_private_authority_is_trusted_when_it_is_named()
    {
        var certificates = new TestCertificates(Context.Path);
        using var registry = new TestRegistry(certificates: certificates);
        string url = registry.Uri.ToString();
        Write($"FROM test/busybox:1\nADD {url}v2/ /answer\n");
        Module.Run("Build-Image $args[0] -Tag test/built:1 -CertificateAuthority $args[1]", Context.Path, certificates.AuthorityDer).Succeeded();
        Fails($"FROM test/busybox:1\nADD {url}v2/?2 /answer\n", "BuildDownloadFailed", "is not trusted here", "-CertificateAuthority");

        // There is no repository, which git learns from a server that it trusts.
        Module.Run("$env:GIT_SSL_CAINFO = $null; Build-Image $args[0]", url + "no.git").FailedWith("BuildGitCertificateUntrusted", ErrorCategory.InvalidData);
        var gone = Module.Run("Build-Image $args[0] -CertificateAuthority $args[1]", url + "no.git", certificates.AuthorityDer);
        gone.FailedWith("BuildGitFailed", ErrorCategory.ResourceUnavailable);
        Assert.Contains("not found", Assert.Single(gone.Errors).ToString(), StringComparison.Ordinal);
        NothingLeft();
    }

    // Git's dumb protocol is files only.
    private sealed class Server : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Server(string repository, string? token, Server? other)
        {
            using (var probe = new TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Port = ((IPEndPoint)probe.LocalEndpoint).Port;
            }

            _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
            _listener.Start();
            string basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("x-access-token:" + token));
            _ = Task.Run(async () =>
            {
                while (_listener.IsListening)
                {
                    var exchange = await _listener.GetContextAsync();
                    string given = exchange.Request.Headers["Authorization"] ?? "";
                    Requests.Add(given);
                    string[] path = exchange.Request.Url!.AbsolutePath.Split('/', 3);
                    string file = Path.Combine(repository, path is [_, _, var rest] ? rest : "none");
                    using var response = exchange.Response;
                    if (other is not null && path[1] == "moved.git")
                        response.Redirect($"http://127.0.0.1:{other.Port}/app.git/{path[2]}{exchange.Request.Url.Query}");
                    else if (token is not null && given != basic && given != "Bearer " + token)
                        (response.StatusCode, response.Headers["WWW-Authenticate"]) = (401, "Basic realm=\"git\"");
                    else if (path[1] == "file")
                        response.OutputStream.Write("content\n"u8);
                    else if (File.Exists(file))
                        response.OutputStream.Write(File.ReadAllBytes(file));
                    else
                        response.StatusCode = 404;
                }
            });
        }

        public int Port { get; }

        /// <summary>The credential of each request; empty for none.</summary>
        public ConcurrentBag<string> Requests { get; } = [];

        public void Dispose() => _listener.Close();
    }
}
