using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ContainerTools.TestSupport;

/// <summary>A real docker-registry on a free loopback port, with storage of its own; it ends with this object, or with this process.</summary>
public sealed class TestRegistry : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctreg");
    private readonly Process _process;

    private readonly string? _tls;
    private readonly TestCertificates? _probe;

    /// <param name="user">With a password, the registry asks for Basic authentication.</param>
    /// <param name="certificates">With certificates, the registry speaks TLS.</param>
    /// <param name="needsClientCertificate">Whether it speaks with those only who have a certificate of the same authority.</param>
    /// <param name="tokens">A token server, instead of Basic authentication.</param>
    public TestRegistry(
        string? user = null, string? password = null, TestCertificates? certificates = null, bool needsClientCertificate = false, TokenServer? tokens = null)
    {
        _tls = certificates is null ? null
            : $"  tls:\n    certificate: {certificates.Server}\n    key: {certificates.ServerKey}\n" +
                (needsClientCertificate ? $"    clientcas:\n      - {certificates.Authority}\n" : "");
        _probe = certificates;
        for (var attempt = 0; ; attempt++)
        {
            Port = FreePort();
            _process = Start(user, password, tokens);
            if (WaitUntilReady())
            {
                return;
            }
            Stop();
            if (attempt == 3)
            {
                var log = File.Exists(_directory["log"]) ? File.ReadAllText(_directory["log"]) : string.Empty;
                _directory.Dispose();
                throw new InvalidOperationException($"docker-registry does not answer on port {Port}:\n{log}");
            }
        }
    }

    public int Port { get; }

    /// <summary>"localhost:PORT", to put before "/name:tag".</summary>
    public string Host => $"localhost:{Port}";

    public Uri Uri => new($"{(_tls is null ? "http" : "https")}://localhost:{Port}/");

    /// <summary>The directory of the registry's files (docker/registry/v2/blobs/sha256/ab/abc.../data), for tests that break them.</summary>
    public string Storage => _directory["data"];

    /// <summary>The registry's access log so far: one line a request.</summary>
    public string ReadLog() => File.ReadAllText(_directory["log"]);

    public string Reference(string nameAndTag) => $"{Host}/{nameAndTag}";

    /// <summary>Pushes an image from any place that skopeo knows ("oci:/dir:tag", "docker-archive:/file") and returns its full name.</summary>
    /// <param name="format">"oci" or "v2s2"; without it the image stays as it is.</param>
    public string Push(string source, string nameAndTag, string? format = null)
    {
        string[] formatArguments = format == null ? [] : ["--format", format];
        Tools.Skopeo(["copy", "--quiet", "--dest-tls-verify=false", .. formatArguments, source, $"docker://{Reference(nameAndTag)}"]).Succeeded();
        return Reference(nameAndTag);
    }

    /// <summary>The file that holds a blob.</summary>
    public string BlobPath(string digest)
    {
        var hex = digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return Path.Combine(Storage, "docker/registry/v2/blobs/sha256", hex[..2], hex, "data");
    }

    public void Dispose()
    {
        Stop();
        _directory.Dispose();
    }

    private Process Start(string? user, string? password, TokenServer? tokens)
    {
        var auth = string.Empty;
        if (user != null)
        {
            // 'htpasswd' of apache2-utils is the only common tool for bcrypt lines; -i reads the password from standard input.
            var line = Command.Run("htpasswd", ["-niB", user], input: password).Succeeded().Output.Trim();
            File.WriteAllText(_directory["htpasswd"], line + "\n");
            auth = $"auth:\n  htpasswd:\n    realm: tests\n    path: {_directory["htpasswd"]}\n";
        }
        File.WriteAllText(_directory["config.yml"],
            $"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {Storage}\n  delete:\n    enabled: true\n" +
            $"http:\n  addr: 127.0.0.1:{Port}\n{_tls}{tokens?.RegistryConfiguration ?? auth}");
        // The shell ends the registry when its standard input closes, which also happens when this process is killed.
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            ArgumentList =
            {
                "-c",
                "exec 3<&0; docker-registry serve \"$1/config.yml\" >>\"$1/log\" 2>&1 3<&- </dev/null & pid=$!; trap '' TERM INT; cat <&3 >/dev/null; kill -9 $pid; wait $pid 2>/dev/null",
                "sh",
                _directory.Path,
            },
        };
        // OpenTelemetry and the like are configured by variables; a test's registry reads none of a user's.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("REGISTRY_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }
        return Command.StartOrExplain(start);
    }

    private void Stop()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    private bool WaitUntilReady()
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        handler.SslOptions.ClientCertificates = _probe is null ? null : [_probe.LoadClient()];
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(2) };
        for (var i = 0; i < 200 && !_process.HasExited; i++)
        {
            try
            {
                using var response = client.GetAsync(new Uri(Uri, "v2/")).GetAwaiter().GetResult();
                // Someone else's server on the port would not send this header (distribution-spec, "API version").
                return response.Headers.Contains("Docker-Distribution-Api-Version");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                Thread.Sleep(50);
            }
        }
        return false;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
